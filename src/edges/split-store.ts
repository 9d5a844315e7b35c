/**
 * SplitStore: objects that are created once in one place, pointers that move in another. Where a
 * bucket keeps what it has (retention) no object in it can be replaced, so pointers lie elsewhere.
 */
import type { Created, ObjectStore, StoredObject, Swapped } from "./object-store.ts";

export class SplitStore implements ObjectStore {
  readonly describe: string;
  private readonly objects: ObjectStore;
  private readonly heads: ObjectStore;

  constructor(objects: ObjectStore, heads: ObjectStore) {
    this.objects = objects;
    this.heads = heads;
    this.describe = `${objects.describe}, pointers in ${heads.describe}`;
  }

  /** A pointer is looked for where pointers are, once it is no object. */
  async get(name: string): Promise<StoredObject | null> {
    return (await this.objects.get(name)) ?? this.heads.get(name);
  }

  createOnly(name: string, bytes: Uint8Array): Promise<Created> {
    return this.objects.createOnly(name, bytes);
  }

  swap(name: string, expected: string | null, bytes: Uint8Array): Promise<Swapped> {
    return this.heads.swap(name, expected, bytes);
  }

  list(prefix: string): Promise<string[]> {
    return this.both((store) => store.list(prefix));
  }

  listPart(prefix: string): Promise<string[]> {
    return this.both((store) => store.listPart(prefix));
  }

  close(): void {
    this.objects.close();
    this.heads.close();
  }

  private async both(ask: (store: ObjectStore) => Promise<string[]>): Promise<string[]> {
    const found = await Promise.all([ask(this.objects), ask(this.heads)]);
    return [...new Set(found.flat())].sort();
  }
}
