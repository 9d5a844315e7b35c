/**
 * Cloud: stand-ins, called so, for what a machine of Google Cloud asks at its start: metadata
 * server, storage and secrets, one server on loopback. They answer in the real ones' form and check
 * what those check: the metadata header, the token, the generation.
 */

const TOKEN = "ya29.stand-in";

export class Cloud {
  /** Of the instance, by path: `attributes/clob-role`, `name`. */
  readonly metadata = new Map<string, string>([["name", "clob-matcher-m03"]]);
  /** Objects by `bucket/name`; each put raises its generation. */
  private readonly objects = new Map<string, { bytes: Uint8Array; generation: number }[]>();
  readonly secrets = new Map<string, Uint8Array>();
  readonly asked: string[] = [];
  private readonly server: Bun.Server<undefined>;

  constructor() {
    this.server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request) => this.answer(request, new URL(request.url)),
    });
  }

  /** What points startup.sh here. */
  get env(): Record<string, string> {
    const url = `http://127.0.0.1:${this.server.port}`;
    return { CLOB_METADATA_URL: url, CLOB_STORAGE_URL: url, CLOB_SECRETS_URL: url };
  }

  set(attributes: Record<string, string>): void {
    for (const [name, value] of Object.entries(attributes)) {
      this.metadata.set(`attributes/clob-${name}`, value);
    }
  }

  /** The new generation. */
  put(name: string, bytes: Uint8Array): number {
    const kept = this.objects.get(name) ?? [];
    const generation = kept.length + 1;
    this.objects.set(name, [...kept, { bytes, generation }]);
    return generation;
  }

  async close(): Promise<void> {
    await this.server.stop(true);
  }

  private answer(request: Request, url: URL): Response {
    this.asked.push(url.pathname);
    const metadata = /^\/computeMetadata\/v1\/(.*)$/.exec(url.pathname)?.[1];
    if (metadata !== undefined) return this.metadataOf(request, metadata);
    if (request.headers.get("authorization") !== `Bearer ${TOKEN}`) return refused(401);
    const object = /^\/storage\/v1\/b\/([^/]+)\/o\/(.+)$/.exec(url.pathname);
    if (object !== null) return this.object(url, `${object[1]}/${decodeURIComponent(object[2]!)}`);
    const secret = /^\/v1\/projects\/venue-1\/secrets\/([^/]+)\/versions\/latest:access$/;
    return this.secret(secret.exec(url.pathname)?.[1] ?? "");
  }

  private metadataOf(request: Request, path: string): Response {
    if (request.headers.get("metadata-flavor") !== "Google") return refused(403);
    if (path === "project/project-id") return new Response("venue-1");
    if (path === "instance/service-accounts/default/token") {
      return Response.json({ access_token: TOKEN, expires_in: 3599, token_type: "Bearer" });
    }
    const value = this.metadata.get(path.replace("instance/", ""));
    return value === undefined ? refused(404) : new Response(value);
  }

  private object(url: URL, name: string): Response {
    const kept = this.objects.get(name) ?? [];
    const wanted = url.searchParams.get("generation");
    const found = kept.findLast(({ generation }) => wanted === null || `${generation}` === wanted);
    if (found === undefined || url.searchParams.get("alt") !== "media") return refused(404);
    return new Response(new Uint8Array(found.bytes));
  }

  private secret(name: string): Response {
    const bytes = this.secrets.get(name);
    if (bytes === undefined) return refused(404);
    return Response.json({ name, payload: { data: bytes.toBase64(), dataCrc32c: "0" } });
  }
}

function refused(status: number): Response {
  return Response.json({ error: { code: status } }, { status });
}
