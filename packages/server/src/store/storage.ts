/** What takes up space: what is asked of a store, and what it answers. */

/** What is kept of one product. */
export interface ProductUse {
  product: string;
  sessions: number;
  events: number;
  patches: number;
  samples: number;
  /**
   * Bytes of its sealed samples with their times, summaries and details; absent for engines that do
   * not pack samples.
   */
  sampleBytes?: number;
  /** When the first and the last of its sessions were created. */
  oldestUs: number;
  newestUs: number;
}

/** What a store keeps. */
export interface StoreUse {
  engine: 'memory' | 'sqlite' | 'clickhouse';
  /** Most sessions first, then by name in code points. */
  products: ProductUse[];
  /** Whether `sampleBytes` were worked out from some of the chunks, because there are too many. */
  isEstimated: boolean;
  /** Bytes inside the files that deletions left for what comes next; absent for engines without files. */
  reusableBytes?: number;
}

/** What a store answers about the space that it takes up. */
export interface StorageQuestions {
  /** Complete for everything acknowledged; takes long where there is much, and holds up no write. */
  storage(): Promise<StoreUse>;
}
