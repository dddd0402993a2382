const form = document.querySelector('form');
const output = document.querySelector('output');
const history = document.querySelector('#history');

async function factor(number) {
  const answer = await fetch('../perform', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ number }),
  });
  const result = await answer.json();
  output.classList.toggle('error', !answer.ok);
  output.textContent = answer.ok ? `${number} = ${result.join(' × ')}` : result.error;
}

async function showHistory() {
  const answer = await fetch('history');
  history.replaceChildren(...(await answer.json()).map(number => {
    const item = document.createElement('li');
    item.textContent = number;
    return item;
  }));
}

form.addEventListener('submit', async event => {
  event.preventDefault();
  await factor(form.elements.number.valueAsNumber);
  await showHistory();
});

await showHistory();
