/** Entry of the catalog's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { catalogHandlers } from './handlers.ts';
import type { CatalogOptions } from './index/catalog.ts';
import { lowerPriority } from './priority.ts';
import { type Channel, serve } from './thread.ts';

lowerPriority('question');
serve(parentPort as unknown as Channel, catalogHandlers(workerData as CatalogOptions));
