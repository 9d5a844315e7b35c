/**
 * OfOneMachine: of a log that one process of each kind has open, the answers to who leads. A lock
 * keeps a second one away, so there is nobody to wait, to take turns with, or to agree with.
 */
import type { Agreement, Turn } from "./log.ts";

export abstract class OfOneMachine {
  readonly hasStandbys = false;

  /** Whoever asks finds out by opening a writer. */
  async writerOfExecutions(): Promise<null> {
    return null;
  }

  async takeTurn(): Promise<Turn> {
    return { term: 1, runs: () => true, close: async () => undefined };
  }

  async sayCommitment(): Promise<Agreement> {
    return "first";
  }
}
