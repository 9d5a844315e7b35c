/**
 * WholeRequest: an HTTP request whose URL can be read. One without a Host header, as HTTP/1.0 has
 * it and plain health checks of load balancers send it, comes from Bun with a path for its URL, and
 * one whose Host is nonsense with a URL that is none; what is asked for stands in the path alone.
 */
export function wholeRequest(request: Request): Request {
  if (URL.canParse(request.url)) return request;
  const path = request.url.replace(/^\w+:\/\/[^/?]*/, "");
  return new Request(`http://localhost${path.startsWith("/") ? path : `/${path}`}`, request);
}
