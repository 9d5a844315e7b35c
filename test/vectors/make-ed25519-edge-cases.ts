/**
 * Makes ed25519-edge-cases.json: signatures on the border of the rule, with libsodium's verdicts.
 *
 *   bun test/vectors/make-ed25519-edge-cases.ts
 *
 * Seeded, so a second run makes the same bytes. `strict` says what bigint arithmetic says of the
 * three numbers in the bytes (S below L, y of A and R below P, A and R not of low order);
 * `accepted` is what libsodium answers and nothing else. Names tell what is odd about a case.
 */
import { openVerifiers } from "../../src/edges/verify.ts";
import {
  BASE,
  IDENTITY,
  L,
  NEGATIVE,
  P,
  add,
  challenge,
  encode,
  mod,
  times,
  toBytes,
  toNumber,
} from "./edwards.ts";
import {
  LOW_ENCODINGS,
  TORSION,
  type Triple,
  equationHolds,
  isStrictByArithmetic,
  joined,
  random,
  scalar,
  search,
  signed,
} from "./forge.ts";

export interface EdgeCase {
  name: string;
  message: string;
  signature: string;
  public_key: string;
  strict: boolean;
  accepted: boolean;
}

type Emit = (name: string, triple: Triple) => void;

function honest(emit: Emit): void {
  for (const size of [0, 1, 31, 32, 64, 111, 112, 200, 1000]) {
    emit(`honest, message of ${size} bytes`, signed(random.bytes(size), scalar()));
  }
}

function flippedBits(emit: Emit): void {
  const good = signed(random.bytes(16), scalar());
  for (const field of ["message", "signature", "publicKey"] as const) {
    const bits = good[field].length * 8;
    for (let bit = 0; bit < bits; bit += bit < bits - 8 ? 7 : 1) {
      const bytes = good[field].slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      emit(`bit ${bit} of the ${field === "publicKey" ? "key" : field} flipped`, {
        ...good,
        [field]: bytes,
      });
    }
  }
}

function oddScalars(emit: Emit): void {
  const good = signed(random.bytes(16), scalar());
  const R = good.signature.subarray(0, 32);
  const S = toNumber(good.signature.subarray(32));
  const withS = (name: string, value: bigint): void =>
    emit(name, { ...good, signature: joined(R, value) });
  for (let n = 1n; S + n * L < 2n ** 256n; n++) withS(`S + ${n} L`, S + n * L);
  withS("L - S", L - S);
  for (const bit of [252n, 253n, 254n, 255n]) withS(`S + 2^${bit}`, S + 2n ** bit);
  const borders = { "0": 0n, "1": 1n, "2^252": 2n ** 252n, L, "2^253": 2n ** 253n };
  for (const [name, value] of Object.entries(borders)) {
    for (const delta of [-1n, 0n, 1n]) {
      if (value + delta >= 0n) withS(`S = ${name} + ${delta}`, value + delta);
    }
  }
  for (let i = 0n; i < 16n; i++) {
    withS(`S = L + 2^${8n * i}`, L + 2n ** (8n * i));
    withS(`S = L - 2^${8n * i}`, L - 2n ** (8n * i));
  }
  withS("S = 2^256 - 1", 2n ** 256n - 1n);
}

function lowOrderKeys(emit: Emit): void {
  for (const [i, publicKey] of LOW_ENCODINGS.entries()) {
    const make = (): Triple => {
      const S = scalar();
      const R = encode(add(times(S, BASE), random.pick(TORSION)));
      return { message: random.bytes(8), signature: joined(R, S), publicKey };
    };
    for (const holds of [true, false]) {
      const found = search(make, holds);
      if (found) emit(`A of low order, encoding ${i}, equation ${spoken(holds)}`, found);
    }
  }
}

function lowOrderCommitments(emit: Emit): void {
  for (const [i, R] of LOW_ENCODINGS.entries()) {
    for (const [t, twist] of [IDENTITY, TORSION[1]!].entries()) {
      const make = (): Triple => {
        const [secret, message] = [scalar(), random.bytes(8)];
        const publicKey = encode(add(times(secret, BASE), twist));
        const S = mod(challenge(R, publicKey, message) * secret, L);
        return { message, signature: joined(R, S), publicKey };
      };
      const found = search(make, true) ?? make();
      const held = spoken(equationHolds(found));
      emit(`R of low order, encoding ${i}, A twisted by ${t}, equation ${held}`, found);
    }
  }
}

function lowOrderBoth(emit: Emit): void {
  for (const [i, publicKey] of LOW_ENCODINGS.entries()) {
    for (const [j, R] of LOW_ENCODINGS.entries()) {
      const make = (): Triple => ({
        message: random.bytes(8),
        signature: joined(R, 0n),
        publicKey,
      });
      emit(`A and R of low order, encodings ${i} and ${j}, S = 0`, search(make, true) ?? make());
    }
  }
}

/** Points with a small part beside the large one: good where the small parts cancel. */
function mixedOrder(emit: Emit): void {
  for (const [i, twistA] of TORSION.entries()) {
    for (const [j, twistR] of TORSION.entries()) {
      for (const holds of [true, false]) {
        const found = search(() => signed(random.bytes(8), scalar(), twistA, twistR), holds);
        const name = `A + torsion ${i}, R + torsion ${j}, equation ${spoken(holds)}`;
        if (found) emit(name, found);
      }
    }
  }
}

function pastThePrime(emit: Emit): void {
  const good = signed(random.bytes(16), scalar());
  const R = good.signature.subarray(0, 32);
  const S = toNumber(good.signature.subarray(32));
  for (let y = P - 2n; y < NEGATIVE; y++) {
    for (const sign of [0n, NEGATIVE]) {
      const bytes = toBytes(y + sign);
      const name = `y = P + ${y - P}${sign ? ", negative" : ""}`;
      emit(`A with ${name}`, { ...good, publicKey: bytes });
      emit(`R with ${name}`, { ...good, signature: joined(bytes, S) });
    }
  }
  for (let i = 1; i < 31; i += 5) {
    const nearly = toBytes(P + 1n);
    nearly[i] = 0xfe;
    emit(`A almost past the prime, byte ${i}`, { ...good, publicKey: nearly });
    emit(`R almost past the prime, byte ${i}`, { ...good, signature: joined(nearly, S) });
  }
  emit("R and S swapped", { ...good, signature: joined(toBytes(S), toNumber(R)) });
  emit("A in place of R", { ...good, signature: joined(good.publicKey, S) });
}

/** One byte away from a point of low order is no point of low order. */
function nearlyLowOrder(emit: Emit): void {
  const good = signed(random.bytes(16), scalar());
  const S = toNumber(good.signature.subarray(32));
  for (const [i, low] of LOW_ENCODINGS.slice(0, 8).entries()) {
    for (const at of [0, 1, 7, 15, 24, 30, 31]) {
      const near = low.slice();
      near[at]! ^= 0x40;
      emit(`A like low order ${i} but for byte ${at}`, { ...good, publicKey: near });
      emit(`R like low order ${i} but for byte ${at}`, { ...good, signature: joined(near, S) });
    }
  }
}

function wrongPieces(emit: Emit): void {
  const good = signed(random.bytes(16), scalar());
  const other = signed(good.message, scalar());
  emit("another key", { ...good, publicKey: other.publicKey });
  emit("another signature", { ...good, signature: other.signature });
  for (let i = 0; i < 8; i++) {
    emit(`key ${i} of random bytes`, { ...good, publicKey: random.bytes(32) });
  }
  for (const fill of [0, 0xff]) {
    const [signature, publicKey] = [new Uint8Array(64).fill(fill), new Uint8Array(32).fill(fill)];
    emit(`signature all ${fill}`, { ...good, signature });
    emit(`key all ${fill}`, { ...good, publicKey });
    emit(`signature and key all ${fill}`, { ...good, signature, publicKey });
    emit(`everything all ${fill}`, { message: new Uint8Array(8).fill(fill), signature, publicKey });
  }
}

function wrongLengths(emit: Emit): void {
  const good = signed(random.bytes(16), scalar());
  for (const size of [0, 1, 32, 63, 65, 96, 128]) {
    const signature = new Uint8Array(size);
    signature.set(good.signature.subarray(0, size));
    emit(`signature of ${size} bytes`, { ...good, signature });
  }
  for (const size of [0, 1, 31, 33, 64]) {
    const publicKey = new Uint8Array(size);
    publicKey.set(good.publicKey.subarray(0, size));
    emit(`key of ${size} bytes`, { ...good, publicKey });
  }
}

function spoken(holds: boolean): string {
  return holds ? "holds" : "holds only with a cofactor";
}

async function makeEdgeCases(): Promise<EdgeCase[]> {
  const { reference } = await openVerifiers();
  const cases: EdgeCase[] = [];
  const emit: Emit = (name, triple) => {
    const { message, signature, publicKey } = triple;
    cases.push({
      name,
      message: message.toHex(),
      signature: signature.toHex(),
      public_key: publicKey.toHex(),
      strict: isStrictByArithmetic(triple),
      accepted: reference.verify(message, signature, publicKey),
    });
  };
  for (const family of [
    honest,
    flippedBits,
    oddScalars,
    lowOrderKeys,
    lowOrderCommitments,
    lowOrderBoth,
    mixedOrder,
    pastThePrime,
    nearlyLowOrder,
    wrongPieces,
    wrongLengths,
  ]) {
    family(emit);
  }
  return cases;
}

if (import.meta.main) {
  const cases = await makeEdgeCases();
  const path = new URL("ed25519-edge-cases.json", import.meta.url);
  await Bun.write(path, `${JSON.stringify(cases, null, 2)}\n`);
  const accepted = cases.filter((one) => one.accepted).length;
  console.log(`${cases.length} cases, ${accepted} accepted`);
}
