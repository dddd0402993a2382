using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;

namespace JobRunner.Hosting;

/// <summary>Compresses responses that gain by it: most results of jobs are a few bytes, which would only grow and cost
/// processor time, and lose their length.</summary>
internal sealed class WorthwhileCompression(IServiceProvider services, IOptions<ResponseCompressionOptions> options)
    : ResponseCompressionProvider(services, options)
{
    /// <summary>Responses of at least so many bytes are compressed; a network packet holds about as much.</summary>
    public const int MinLength = 1024;

    public override bool ShouldCompressResponse(HttpContext context) =>
        context.Response.ContentLength is not < MinLength && base.ShouldCompressResponse(context);
}
