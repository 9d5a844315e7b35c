/**
 * CheckpointBorder: where one checkpoint ends, decided by the records alone.
 *
 * A checkpoint covers all records before the first whose log time lies in a later interval, or ends
 * after the record that makes `commandsMax` commands. So every replica computes the same ones.
 */
export class CheckpointBorder {
  private readonly intervalUs: number;
  private readonly commandsMax: number;
  /** Log time of the last record, microseconds; 0 before the first. */
  logTime = 0;
  /** Commands since the last border. */
  commands = 0;

  constructor(intervalUs: number, commandsMax: number) {
    this.intervalUs = intervalUs;
    this.commandsMax = commandsMax;
  }

  /** True when a checkpoint ends right before a record of this log time. */
  endsBefore(logTime: number): boolean {
    if (this.logTime === 0) return false;
    return Math.floor(logTime / this.intervalUs) > Math.floor(this.logTime / this.intervalUs);
  }

  /** Takes note of a record; true when a checkpoint ends right after it. */
  endsAfter(logTime: number, commands: number): boolean {
    this.logTime = logTime;
    this.commands += commands;
    return this.commands >= this.commandsMax;
  }

  /** A checkpoint was made here. */
  restart(): void {
    this.commands = 0;
  }
}
