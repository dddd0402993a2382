using JobRunner.Cli;
using JobRunner.Cli.Commands;

return await new CommandLine(new JobHosting(), Console.Out, Console.Error).RunAsync(args);
