/** ServerEnd: a client's connection, as the simulated server sees it. */
export interface ServerEnd {
  isOpen: boolean;
  /** Replication offset behind its newest write. */
  offset: number;
  /** The server is gone, or has thrown it out. */
  cut(): void;
}
