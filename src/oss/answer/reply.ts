/** Answers with a body that the gateway made itself. */
export function xmlReply(xml: string, headers: Record<string, string> = {}): Response {
  return new Response(xml, { headers: { ...headers, 'content-type': 'application/xml' } });
}

/** A success without a body ([Common-15]). */
export function emptyReply(status: 200 | 202 | 204 = 200, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: status === 204 ? headers : { ...headers, 'content-length': '0' } });
}
