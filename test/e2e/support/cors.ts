/** A CORS rule as pages need it. */
export interface Cors {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers?: readonly string[];
  readonly expose?: readonly string[];
  readonly maxAge?: number;
}

/** The document of `PUT ?cors`. */
export function corsDocument(rules: readonly Cors[], { vary = false } = {}): string {
  const each = (name: string, values: readonly (string | number)[]) =>
    values.map((value) => `<${name}>${value}</${name}>`).join('');
  const texts = rules.map(
    ({ origins, methods, headers = [], expose = [], maxAge }) =>
      `<CORSRule>${each('AllowedOrigin', origins)}${each('AllowedMethod', methods)}${each('AllowedHeader', headers)}${each('ExposeHeader', expose)}${each('MaxAgeSeconds', maxAge === undefined ? [] : [maxAge])}</CORSRule>`,
  );
  return `<CORSConfiguration>${texts.join('')}<ResponseVary>${vary}</ResponseVary></CORSConfiguration>`;
}
