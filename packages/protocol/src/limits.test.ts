/** How the limits relate: each line is a promise that would be broken if one of them moved alone. */
import { describe, expect, it } from 'vitest';
import { limits } from './limits.ts';

const secondMs = 1000;

describe('limits', () => {
  it('are positive whole numbers', () => {
    for (const [name, value] of Object.entries(limits)) {
      expect(Number.isSafeInteger(value) && value > 0, name).toBe(true);
    }
  });

  it('let the largest batch of small items into one body', () => {
    const smallItem = '{"name":"frame_time_ms","value":16.6,"tags":["scene:menu"]}'.length + 1;
    expect(limits.batchItemsMax * smallItem).toBeLessThan(limits.bodyBytesMax);
    expect(limits.ingestSamplesMax * '16.683,'.length).toBeLessThan(limits.bodyBytesMax);
  });

  it('let a body hold any single thing that may be kept', () => {
    const event =
      limits.eventDataBytesMax +
      4 * (2 * limits.messageLengthMax + 2 * limits.sourceLengthMax) +
      4 * limits.labelsMax * limits.labelLengthMax;
    const patch = limits.stateBytesMax;
    const metric = limits.metadataBytesMax + 4 * limits.tagsMax * limits.tagLengthMax;
    expect(Math.max(event, patch, metric)).toBeLessThan(limits.bodyBytesMax);
    expect(limits.stacktraceLinesMax * limits.stacktraceLineLengthMax).toBeLessThan(
      limits.bodyBytesMax,
    );
  });

  it('expand a body at most a few times, and queue no less than one such body', () => {
    expect(limits.expandedBodyBytesMax).toBeGreaterThanOrEqual(limits.bodyBytesMax);
    expect(limits.queuedBytesMax).toBeGreaterThanOrEqual(limits.expandedBodyBytesMax);
    expect(limits.queuedEntriesMax).toBeGreaterThanOrEqual(limits.ingestEntriesMax);
    expect(limits.ingestEntriesMax).toBeGreaterThanOrEqual(limits.batchItemsMax);
  });

  it('start sealing long before appends have to wait for it, and never fill up in one batch', () => {
    expect(limits.sealSamples + limits.ingestSamplesMax).toBeLessThan(limits.unsealedSamplesMax);
    expect(limits.chunkSamplesMax * limits.sealSliceChunksMax).toBeLessThan(limits.sealSamples);
  });

  it('give a request time to arrive, and a stop time to finish what it holds', () => {
    expect(limits.headersTimeoutMs).toBeLessThan(limits.requestTimeoutMs);
    // A proxy keeps connections for 60 s by habit; the one who listens must be the last to hang up.
    expect(limits.keepAliveTimeoutMs).toBeGreaterThan(60 * secondMs);
    // The slowest disks take a second for an fsync; sealing stops within a slice.
    expect(limits.drainTimeoutMs).toBeGreaterThan(5 * secondMs);
    expect(limits.drainTimeoutMs).toBeLessThanOrEqual(10 * secondMs);
  });

  it('suspend before they lose, and look often enough to notice either', () => {
    expect(limits.heartbeatTimeoutMs).toBeLessThan(limits.lostAfterMs);
    expect(limits.sweepIntervalMs).toBeLessThanOrEqual(limits.heartbeatTimeoutMs);
    expect(limits.expireIntervalMs).toBeLessThan(limits.retentionDays * 24 * 3600 * secondMs);
    expect(limits.clockSkewToleranceMs).toBeLessThan(limits.heartbeatTimeoutMs);
    expect(limits.futureMaxMs).toBeGreaterThan(limits.clockSkewToleranceMs);
  });

  it('remember what makes a retry safe for longer than anybody retries', () => {
    expect(limits.idempotencyTtlMs).toBeGreaterThan(100 * limits.requestTimeoutMs);
    // A spool that is delivered by many connections at once stays inside its window.
    expect(limits.spoolWindow).toBeGreaterThanOrEqual(1024);
  });

  it('keep id prefixes and nesting within what they are part of', () => {
    expect(limits.idPrefixMin).toBeLessThan('550e8400-e29b-41d4-a716-446655440000'.length);
    expect(limits.jsonDepthMax).toBeLessThan(limits.jsonParseDepthMax);
    expect(limits.headerBytesMax).toBeGreaterThan(4 * limits.idempotencyKeyLengthMax);
  });
});
