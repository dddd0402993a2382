using System.Net;

namespace JobRunner.Telemetry.Profiler;

/// <summary>
/// A flame graph as one HTML page that loads nothing: the ranking first, then the stacks with the root at the bottom.
/// Names reach the page as text, never as markup.
/// </summary>
internal static class FlameGraphPage
{
    public static string Write(Profile profile) =>
        Template
            .Replace("{{title}}", WebUtility.HtmlEncode(profile.Title), StringComparison.Ordinal)
            .Replace("{{samples}}", profile.Samples.ToString("N0"), StringComparison.Ordinal)
            .Replace("{{data}}", FlameGraphJson.Write(profile), StringComparison.Ordinal);

    private const string Template =
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{title}}</title>
        <style>
          :root { color-scheme: light dark; }
          body { font: 14px/1.4 system-ui, sans-serif; margin: 1rem; }
          h1 { font-size: 1.25rem; margin: 0; }
          .bar { display: flex; gap: .75rem; flex-wrap: wrap; align-items: center; margin: .75rem 0; }
          table { border-collapse: collapse; margin: 0 2rem 1rem 0; }
          .tables { display: flex; flex-wrap: wrap; align-items: flex-start; }
          td, th { padding: .1rem .75rem .1rem 0; text-align: left; font: 12px ui-monospace, monospace; }
          td.n { text-align: right; white-space: nowrap; }
          #graph { position: relative; overflow: hidden; border-top: 1px solid; }
          #graph button { position: absolute; height: 19px; border: 1px solid Canvas; border-radius: 2px; padding: 0 3px;
            overflow: hidden; white-space: nowrap; text-overflow: ellipsis; text-align: left; color: #111;
            font: 11px/17px ui-monospace, monospace; cursor: pointer; }
          #graph button:focus-visible { outline: 2px solid; z-index: 1; }
          #graph button.dim { opacity: .35; }
          #detail { min-height: 1.4em; font: 12px ui-monospace, monospace; overflow-wrap: anywhere; }
        </style>
        </head>
        <body>
        <h1>{{title}}</h1>
        <p>Estimated from {{samples}} samples. Widths are shares; select a frame to zoom, the lowest to zoom out.</p>
        <div class="bar">
          <label>Show <select id="view"></select></label>
          <label>Find <input id="find" type="search" placeholder="part of a name"></label>
          <span id="found" role="status"></span>
        </div>
        <div class="tables"><table id="methods"></table><table id="types"></table></div>
        <div id="graph"></div>
        <p id="detail" aria-live="polite"></p>
        <script type="application/json" id="data">{{data}}</script>
        <script>
        "use strict";
        const views = JSON.parse(document.getElementById("data").textContent);
        const at = id => document.getElementById(id);
        const rowHeight = 20, leastWidth = 0.0008;
        let view = views[0], focus = view.root;

        function figure(value) {
          if (view.unit === "ms") return value >= 1000 ? (value / 1000).toFixed(2) + " s" : value + " ms";
          const units = ["B", "KiB", "MiB", "GiB", "TiB"];
          let i = 0;
          while (value >= 1024 && i < units.length - 1) { value /= 1024; i++; }
          return value.toFixed(i ? 2 : 0) + " " + units[i];
        }
        const share = value => (100 * value / Math.max(1, view.root.v)).toFixed(1) + "%";
        function colour(name) {
          let hash = 0;
          for (const c of name) hash = (hash * 31 + c.codePointAt(0)) >>> 0;
          return `hsl(${10 + hash % 45} ${70 + hash % 20}% ${62 + hash % 14}%)`;
        }
        function element(parent, tag, text) {
          const made = parent.appendChild(document.createElement(tag));
          if (text !== undefined) made.textContent = text;
          return made;
        }
        function table(id, heading, entries) {
          const body = at(id);
          body.replaceChildren();
          if (!entries.length) return;
          const head = element(body, "tr");
          for (const text of [heading, "", ""]) element(head, "th", text);
          for (const [name, value] of entries.slice(0, 10)) {
            const row = element(body, "tr");
            element(row, "td", name);
            element(row, "td", figure(value)).className = "n";
            element(row, "td", share(value)).className = "n";
          }
        }
        function path(root, target) {
          if (root === target) return [root];
          for (const child of root.c) {
            const rest = path(child, target);
            if (rest) return [root, ...rest];
          }
          return null;
        }
        function draw() {
          const graph = at("graph"), sought = at("find").value.toLowerCase();
          const boxes = [];
          let deepest = 0;
          function place(node, left, width, depth) {
            if (width < leastWidth) return;
            boxes.push([node, left, width, depth]);
            deepest = Math.max(deepest, depth);
            let x = left;
            for (const child of node.c) {
              const wide = node.v ? width * child.v / node.v : 0;
              place(child, x, wide, depth + 1);
              x += wide;
            }
          }
          const above = path(view.root, focus).slice(0, -1);
          above.forEach((node, depth) => boxes.push([node, 0, 1, depth]));
          place(focus, 0, 1, above.length);
          graph.replaceChildren();
          graph.style.height = (deepest + 1) * rowHeight + "px";
          let found = 0;
          for (const [node, left, width, depth] of boxes) {
            const box = element(graph, "button", node.n);
            const matches = !sought || node.n.toLowerCase().includes(sought);
            if (sought && matches) found++;
            box.className = matches ? "" : "dim";
            box.style.cssText = `left:${left * 100}%;width:${width * 100}%;top:${(deepest - depth) * rowHeight}px;`
              + `background:${colour(node.n)}`;
            const told = `${node.n}: ${figure(node.v)}, ${share(node.v)}`;
            box.title = told;
            box.onmouseenter = box.onfocus = () => { at("detail").textContent = told; };
            box.onclick = () => { focus = node; draw(); };
          }
          at("found").textContent = sought ? `${found} frames` : "";
        }
        function show(index) {
          view = views[index];
          focus = view.root;
          table("methods", "Methods", view.methods);
          table("types", "Types", view.types);
          draw();
        }
        views.forEach((each, index) => { element(at("view"), "option", each.name).value = index; });
        at("view").onchange = () => show(Number(at("view").value));
        at("find").oninput = draw;
        show(0);
        </script>
        </body>
        </html>
        """;
}
