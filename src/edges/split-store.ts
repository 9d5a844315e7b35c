/**
 * SplitStore: objects that are created once in one place, pointers that move in another. Where a
 * bucket keeps what it has (retention) no object in it can be replaced, so pointers lie elsewhere.
 */
import {
  type Created,
  type ObjectStore,
  StoreConflict,
  type StoredObject,
  type Swapped,
} from "./object-store.ts";

export class SplitStore implements ObjectStore {
  readonly describe: string;
  private readonly objects: ObjectStore;
  private readonly heads: ObjectStore;
  /** Pointers of which no old one lies among the objects. */
  private readonly clear = new Set<string>();

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

  /** One that lies among the objects, as where both were one place once, would hide ours. */
  async swap(name: string, expected: string | null, bytes: Uint8Array): Promise<Swapped> {
    if (!this.clear.has(name)) {
      const hidden = await this.objects.get(name);
      if (hidden !== null) {
        const where = `${name} lies in ${this.objects.describe}, where no pointer can move`;
        throw new StoreConflict(
          `${where}: move it to ${this.heads.describe}, or name another place`,
        );
      }
      this.clear.add(name);
    }
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
