/**
 * BucketServer: a stand-in, called so, for object storage on loopback: Google's JSON interface with
 * its metadata server, Amazon's S3, and the public XML lists of both, over one set of objects in
 * memory. Conditions are judged as the real ones do; pages are short, so that every list has
 * several. Signatures are looked for, not verified.
 */
const PAGE = 3;
const TOKEN = "ya29.of-the-machine";

interface Kept {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly generation: number;
}

export class BucketServer {
  readonly objects = new Map<string, Kept>();
  /** Answers to give instead of the next ones. */
  readonly instead: (number | "cut")[] = [];
  /** What an old server does: conditions of S3 are not looked at. */
  ignoresConditions = false;
  tokensGiven = 0;
  private generation = 0;
  private readonly server: Bun.Server<undefined>;

  constructor() {
    this.server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request) => this.answer(request, new URL(request.url)),
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  /** What leads both stores here, in this process and in children. */
  get env(): Record<string, string> {
    return {
      STORAGE_EMULATOR_HOST: this.url,
      GCE_METADATA_HOST: this.url,
      AWS_ENDPOINT: this.url,
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_REGION: "eu-west-1",
    };
  }

  async close(): Promise<void> {
    await this.server.stop(true);
  }

  private async answer(request: Request, url: URL): Promise<Response> {
    const { pathname } = url;
    if (pathname.startsWith("/computeMetadata/")) return this.token(request);
    const instead = this.instead.shift();
    if (instead === "cut") await this.perform(request, url);
    if (instead !== undefined)
      return new Response("", { status: instead === "cut" ? 503 : instead });
    return this.perform(request, url);
  }

  private async perform(request: Request, url: URL): Promise<Response> {
    const { pathname } = url;
    const body = new Uint8Array(await request.arrayBuffer());
    const google = /^\/(upload\/)?storage\/v1\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(pathname);
    if (google !== null) {
      if (request.headers.get("authorization") !== `Bearer ${TOKEN}`) return xml(401, "");
      const [, upload, bucket = "", name] = google;
      if (upload !== undefined)
        return this.upload(`${bucket}/${url.searchParams.get("name")}`, url, body);
      if (name !== undefined) return this.object(`${bucket}/${decodeURIComponent(name)}`);
      return this.jsonList(bucket, url);
    }
    const [bucket = "", ...rest] = decodeURIComponent(pathname).slice(1).split("/");
    const key = `${bucket}/${rest.join("/")}`;
    if (request.method === "PUT") return this.put(key, request, url, body);
    return rest.join("/") === "" ? this.xmlList(bucket, url) : this.object(key);
  }

  private token(request: Request): Response {
    if (request.headers.get("metadata-flavor") !== "Google") return xml(403, "");
    this.tokensGiven++;
    return Response.json({ access_token: TOKEN, expires_in: 3600, token_type: "Bearer" });
  }

  private keep(key: string, bytes: Uint8Array<ArrayBuffer>): number {
    this.objects.set(key, { bytes, generation: ++this.generation });
    return this.generation;
  }

  private upload(key: string, url: URL, bytes: Uint8Array<ArrayBuffer>): Response {
    const there = this.objects.get(key)?.generation ?? 0;
    const match = url.searchParams.get("ifGenerationMatch");
    if (match !== `${there}`) return Response.json({ error: { code: 412 } }, { status: 412 });
    return Response.json({ name: key, generation: `${this.keep(key, bytes)}` });
  }

  private put(key: string, request: Request, url: URL, bytes: Uint8Array<ArrayBuffer>): Response {
    if (url.searchParams.get("X-Amz-Signature") === null) return xml(403, "");
    const there = this.objects.get(key)?.generation ?? 0;
    const unless = request.headers.get("if-none-match");
    const match = request.headers.get("if-match");
    if (!this.ignoresConditions) {
      if (unless === "*" && there !== 0) return xml(412, "PreconditionFailed");
      if (match !== null && there === 0) return xml(404, "NoSuchKey");
      if (match !== null && match !== `"${there}"`) return xml(412, "PreconditionFailed");
    }
    return new Response("", { headers: { etag: `"${this.keep(key, bytes)}"` } });
  }

  private object(key: string): Response {
    const kept = this.objects.get(key);
    if (kept === undefined) return xml(404, "NoSuchKey");
    const version = `${kept.generation}`;
    const headers = { "x-goog-generation": version, etag: `"${version}"` };
    return new Response(kept.bytes, { headers });
  }

  /** Names of one page behind `from`, what lies behind the delimiter once. */
  private page(bucket: string, url: URL, from: string | null) {
    const prefix = url.searchParams.get("prefix") ?? "";
    const delimiter = url.searchParams.get("delimiter") ?? "";
    const all = new Set<string>();
    for (const key of [...this.objects.keys()].sort()) {
      const name = key.slice(bucket.length + 1);
      if (!key.startsWith(`${bucket}/`) || !name.startsWith(prefix)) continue;
      const cut = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
      all.add(cut < 0 ? name : name.slice(0, cut + 1));
    }
    const names = [...all].filter((name) => from === null || name > from);
    const page = names.slice(0, PAGE);
    const isParts = (name: string): boolean => delimiter !== "" && name.endsWith(delimiter);
    return {
      names: page.filter((name) => !isParts(name)),
      parts: page.filter(isParts),
      next: names.length > PAGE ? page.at(-1)! : null,
    };
  }

  private jsonList(bucket: string, url: URL): Response {
    const { names, parts, next } = this.page(bucket, url, url.searchParams.get("pageToken"));
    return Response.json({
      items: names.map((name) => ({ name })),
      prefixes: parts,
      ...(next === null ? {} : { nextPageToken: next }),
    });
  }

  private xmlList(bucket: string, url: URL): Response {
    if (url.searchParams.get("list-type") !== "2") return xml(404, "NoSuchKey");
    const from = url.searchParams.get("continuation-token");
    const { names, parts, next } = this.page(bucket, url, from);
    const rows = names.map((name) => `<Contents><Key>${name}</Key><Size>1</Size></Contents>`);
    const prefixes = parts.map((one) => `<CommonPrefixes><Prefix>${one}</Prefix></CommonPrefixes>`);
    const more = next === null ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`;
    return new Response(
      `<?xml version="1.0"?><ListBucketResult><Name>${bucket}</Name>` +
        `<IsTruncated>${next !== null}</IsTruncated>${more}${[...rows, ...prefixes].join("")}` +
        `</ListBucketResult>`,
    );
  }
}

function xml(status: number, code: string): Response {
  return new Response(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`, { status });
}
