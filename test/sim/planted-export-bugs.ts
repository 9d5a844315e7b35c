/** Planted bugs of the continuous export and of what the log lets go of; see planted-bugs.ts. */
import type { FleetBug } from "./planted-bugs.ts";

const EXPORTER = "src/settlement-plane/exporter.ts";
const SHARD_EXPORT = "src/settlement-plane/shard-export.ts";
const MODELS = "test/sim/retention-models.ts";

export const EXPORT_BUGS: readonly FleetBug[] = [
  {
    name: "heads are signed and moved over records that are not archived yet",
    wishes: { export: true },
    file: SHARD_EXPORT,
    find:
      "    if (rest !== null) await this.writeSegment(rest, isBorder);\n" +
      "    await this.followCommitments(count);\n" +
      '    if (part !== "records") await this.writeRoots(this.border, isBorder);\n' +
      '    const isSigned = part === "records" || (await this.writeNotes(to));\n' +
      '    if (part !== "roots" && isSigned) await this.writeLatest(to, isCut);\n',
    put:
      "    await this.followCommitments(count);\n" +
      '    if (part !== "records") await this.writeRoots(this.border, isBorder);\n' +
      '    const isSigned = part === "records" || (await this.writeNotes(to));\n' +
      '    if (part !== "roots" && isSigned) await this.writeLatest(to, isCut);\n' +
      "    if (rest !== null) await this.writeSegment(rest, isBorder);\n",
  },
  {
    name: "a part of a step lies where the whole one belongs",
    wishes: { export: true },
    file: SHARD_EXPORT,
    find: "      : ExportStore.partSegmentName(first, last);",
    put: "      : ExportStore.segmentName(first);",
  },
  {
    name: "an exporter that has met a fault does not go on",
    wishes: { export: true },
    file: EXPORTER,
    find: "        this.waits(reasonOf(fault));\n",
    put: "        return this.waits(reasonOf(fault));\n",
  },
  {
    name: "what is signed is said to be archived, and the log is trimmed by that",
    wishes: { export: true },
    file: EXPORTER,
    find: 'await this.parts.log.cover("archived", position);',
    put: 'await this.parts.log.cover("archived", this.borders.position(this.borders.count));',
  },
  {
    name: "trim asks no consumer",
    wishes: { export: true },
    file: MODELS,
    find: "    else floor = Math.min(floor, position!);\n",
    put: "",
  },
  {
    name: "trim lets go of the entry that a consumer has read last",
    wishes: { export: true },
    file: MODELS,
    find: "    else floor = Math.min(floor, position!);",
    put: "    else floor = Math.min(floor, position! + 1);",
  },
  {
    name: "the carrier carries what is not archived",
    wishes: { shards: 2, export: true },
    file: "src/settlement-plane/outbox.ts",
    find: "    return this.parts.archived();",
    put: "    return Number.POSITIVE_INFINITY;",
  },
  {
    name: "who began before what the log has let go of goes on with what it has",
    wishes: { export: true },
    file: "src/service/archived-log.ts",
    find: "        this.begin = fault.first;\n",
    put: "        return await this.reader.read(fault.first - 1, bytesMax, stop);\n",
  },
  {
    name: "ingress does not execute again what ex has let go of",
    wishes: { export: true },
    file: "src/ingress-verifier/shard-door.ts",
    find: "if (!(fault instanceof Gone) || this.past === null) throw fault;",
    put: "if (!(fault instanceof Gone) || this.past !== null) throw fault;",
  },
];
