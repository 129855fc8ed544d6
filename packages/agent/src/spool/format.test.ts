/** The format of spools: files written once are read for ever, and damage is told from what can be trusted. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { live, Server, session, temporary } from '../testing/lives.ts';
import { fileMagic, readRecords, recordPieces } from './record.ts';

describe('a spool of the first version', () => {
  it('is read as docs/spool-format.md says', async () => {
    const root = temporary();
    const directory = join(root, 'golden~0~-~-~-');
    mkdirSync(directory);
    // The first log is gone, as it is after a checkpoint.
    writeFileSync(join(directory, 'log-2.wal'), Buffer.from(logFile.join(''), 'base64'));
    writeFileSync(join(directory, 'out-1.seg'), Buffer.from(outFile.join(''), 'base64'));
    const life = live(root);
    expect(life.warnings).toEqual([]);
    expect(life.recorder.session('local-session-1')).toMatchObject({
      id: session,
      startedUs: 1767225600000001,
      state: { product: 'p', version: '1', a: 1 },
    });
    const { clients } = life.recorder.checkpoint();
    expect(clients).toEqual([
      ['old', 3],
      ['client', 1],
    ]);
    const { due } = life.spool;
    expect(due).toMatchObject({ outbox: { spoolId: 'golden' }, batch: { head: { seq: 1 } } });
    const server = new Server();
    await server.drain(life);
    expect(server.entries.map(({ kind }) => kind)).toEqual(['start', 'patch', 'event']);
    expect(server.events()).toEqual(['later']);
  });
});

describe('records', () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 });

  /** Records one after the other, and where each one ends. */
  function fileOf(list: readonly Uint8Array[]) {
    const ends: number[] = [];
    let bytes: Buffer = fileMagic.log;
    for (const payload of list) {
      bytes = Buffer.concat([bytes, ...recordPieces('batch', 1, payload)]);
      ends.push(bytes.length);
    }
    return { bytes, ends };
  }
  const read = (bytes: Buffer) => {
    const { records, damaged } = readRecords(bytes, fileMagic.log);
    return { payloads: records.map(({ payload }) => [...payload]), damaged };
  };

  it('that were cut off at the end are left out, the others are whole', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), (list, at) => {
        const { bytes, ends } = fileOf(list);
        const length = at % (bytes.length + 1);
        const whole = ends.filter((end) => end <= length).length;
        const found = read(bytes.subarray(0, length));
        expect(found.payloads).toEqual(list.slice(0, whole).map((payload) => [...payload]));
        expect(found.damaged).toBe(0);
      }),
    );
  });

  it('that have one bit wrong are left out alone, and counted unless they are the last', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.nat({ max: 7 }), (list, at, bit) => {
        const { bytes, ends } = fileOf(list);
        const offset = fileMagic.log.length + (at % (bytes.length - fileMagic.log.length));
        bytes.writeUInt8(bytes.readUInt8(offset) ^ (1 << bit), offset);
        const hit = ends.findIndex((end) => offset < end);
        const found = read(bytes);
        const rest = list.filter((_, i) => i !== hit).map((payload) => [...payload]);
        expect(found.payloads).toEqual(rest);
        expect(found.damaged).toBe(hit === list.length - 1 ? 0 : 1);
      }),
    );
  });

  it('are searched for in files whose first bytes are wrong', () => {
    const { bytes } = fileOf([Buffer.from('a')]);
    bytes.writeUInt8(0, 0);
    expect(read(bytes)).toEqual({ payloads: [[97]], damaged: 2 });
  });
});

const logFile = [
  'VEFDSE9MRzH1VFJFWAAAAEpD/xsBAAAAAACBGCEdGUN7InNlc3Npb25zIjpbXSwidG90YWxzIjpbXSwiY2xpZW50cyI6',
  'W1sib2xkIiwzXV0sImFsaWFzZXMiOltdLCJuZXh0U2VxIjoxLCJhYnNvcmJlZCI6W1199VRSRdgAAABNxDhvAgAAAAQA',
  'gRghHRlDeyJzcG9vbElkIjoiY2xpZW50Iiwic2VxIjoxLCJlbnRyaWVzIjpbeyJraW5kIjoic3RhcnQiLCJzZXNzaW9u',
  'IjoiNWU1NTEwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxIiwicHJvZHVjdCI6InAiLCJ2ZXJzaW9uIjoiMSJ9',
  'LHsia2luZCI6InBhdGNoIiwic2Vzc2lvbiI6IjVlNTUxMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMSIsInBh',
  'dGNoIjp7ImEiOjF9fV199VRSRUYAAACi74CpBAAAAAgAgRghHRlDeyJuYW1lIjoibG9jYWwtc2Vzc2lvbi0xIiwiaWQi',
  'OiI1ZTU1MTAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEiffVUUkUWAAAA06u5/QUAAAAMAIEYIR0ZQ3sic2Vx',
  'IjoxLCJhdCI6WzIsNDU0XX31VFJFiwAAAFJlxFIDAAAAEACBGCEdGUN7InNwb29sSWQiOiJhZ2VudCIsInNlcSI6MSwi',
  'ZW50cmllcyI6W3sia2luZCI6ImV2ZW50Iiwic2Vzc2lvbiI6IjVlNTUxMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAw',
  'MDAwMSIsImF0IjoxNzY3MjI1NjAwMDAxLCJuYW1lIjoibGF0ZXIifV19',
];

const outFile = [
  'VEFDSE9PVTH1VFJFEgEAAFU4dBwQAAAADACBGCEdGUNzAAAAeyJzZXEiOjEsImVudHJpZXMiOjIsInNlc3Npb25zIjpb',
  'IjVlNTUxMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMSJdLCJ0ZXJtaW5hbCI6ZmFsc2UsImF0IjpbMiw0NTRd',
  'LCJsYXN0Ijp0cnVlfR+LCAAAAAAABAOtjUEKwjAURO8y6yj/F9PKv4FnEBehDRosSUyim5K7S4J6AjcD8xjebMgxhPW0',
  'QHAN62I9FLJ9QFjB+pKczZDzhrvzbZOLSaVPcnbBQ6Ct1kxEO2pxaHH81oaIiKFgCoSncRoGPXa4J2KFmMLynAsEEQov',
  'mz5WRlW/02jKfPvnaffJBgPhWi/1DeA5ccQGAQAA',
];
