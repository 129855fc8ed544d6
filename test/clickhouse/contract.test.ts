/** The store on ClickHouse keeps the contract of a store, as those in memory and on SQLite do; its other half is contract-rest.test.ts. */
import { describePart } from './contract.ts';

describePart(0);
