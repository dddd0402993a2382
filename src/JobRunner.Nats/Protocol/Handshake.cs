using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace JobRunner.Nats.Protocol;

/// <summary>Makes a connection: TCP, the server's INFO, TLS where either side wants it, CONNECT.</summary>
internal static class Handshake
{
    private const int BufferSize = 64 << 10;

    private static readonly string ClientVersion =
        typeof(Handshake).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <exception cref="NatsException">The server is there but refuses, or is no NATS server.</exception>
    /// <exception cref="SocketException">The server cannot be reached.</exception>
    /// <exception cref="AuthenticationException">TLS failed.</exception>
    public static async Task<NatsLink> OpenAsync(
        NatsAddress address, NatsOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, either.Token);
            stream = new NetworkStream(socket, ownsSocket: true);
            var info = await ReadInfoAsync(stream, either.Token);
            if (options.RequireTls || info.TlsRequired) stream = await EncryptAsync(stream, info, address, options, either.Token);
            var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferSize));
            await AuthenticateAsync(stream, reader, info, options, either.Token);
            return new NatsLink(address, stream, reader, info, options, time);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await CloseAsync(stream, socket);
            throw new NatsUnavailableException($"{address} did not complete the handshake within {options.ConnectTimeout.TotalSeconds:0.###} s.");
        }
        catch
        {
            await CloseAsync(stream, socket);
            throw;
        }
    }

    private static async Task<ServerInfo> ReadInfoAsync(Stream stream, CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        var frame = await ReadFrameAsync(reader, cancellationToken);
        if (frame.Kind is not FrameKind.Info) throw new NatsProtocolException("The server did not begin with INFO.");

        // What came in the clear must not be taken for something said after encryption.
        if (reader.TryRead(out var rest) && !rest.Buffer.IsEmpty)
            throw new NatsProtocolException("The server went on after INFO without waiting for the client.");
        await reader.CompleteAsync();
        return frame.Info!;
    }

    private static async Task<Stream> EncryptAsync(
        Stream stream, ServerInfo info, NatsAddress address, NatsOptions options, CancellationToken cancellationToken)
    {
        if (!info.TlsRequired && !info.TlsAvailable)
            throw new NatsUnavailableException($"{address} has no TLS, and the URL asks for it.");

        var encrypted = new SslStream(stream);
        try
        {
            await encrypted.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = address.TlsName ?? address.Host,
                    CertificateChainPolicy = options.TrustedRoots is { } roots ? ChainPolicy(roots) : null,
                },
                cancellationToken);
            return encrypted;
        }
        catch
        {
            await encrypted.DisposeAsync();
            throw;
        }
    }

    private static X509ChainPolicy ChainPolicy(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private static async Task AuthenticateAsync(
        Stream stream, PipeReader reader, ServerInfo info, NatsOptions options, CancellationToken cancellationToken)
    {
        var writer = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        new ConnectCommand(new ConnectOptions
        {
            Name = options.Name,
            Version = ClientVersion,
            TlsRequired = options.RequireTls || info.TlsRequired,
            User = options.User,
            Pass = options.Password,
            AuthToken = options.Token,
        }).WriteTo(writer);
        default(PingCommand).WriteTo(writer);
        await writer.FlushAsync(cancellationToken);
        await writer.CompleteAsync();

        while (true)
        {
            var frame = await ReadFrameAsync(reader, cancellationToken);
            if (frame.Kind is FrameKind.Pong) return;
            if (frame.Kind is FrameKind.Error) throw new NatsServerException(frame.Error!);
        }
    }

    private static async Task<ServerFrame> ReadFrameAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (FrameParser.TryRead(ref buffer, out var frame))
            {
                reader.AdvanceTo(buffer.Start);
                return frame;
            }

            if (read.IsCompleted) throw new NatsDisconnectedException("The server closed the connection during the handshake.");
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static async Task CloseAsync(Stream? stream, Socket socket)
    {
        if (stream is not null) await stream.DisposeAsync();
        socket.Dispose();
    }
}
