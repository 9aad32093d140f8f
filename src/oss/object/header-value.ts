/**
 * Whether text may be sent as the value of a header (RFC 9110, 5.5). Any control character but a tab would end the header
 * or have clients, Node among them, refuse the whole answer. Bytes beyond ASCII are the client's business.
 */
export function isHeaderValue(text: string): boolean {
  return !/[\0-\x08\n-\x1f\x7f]/.test(text);
}
