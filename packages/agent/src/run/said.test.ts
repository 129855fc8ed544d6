/** Lines by which programs record: what is understood, and what is only output. */
import { describe, expect, it } from 'vitest';
import { readSaid } from './said.ts';

describe('a line', () => {
  it('makes a metric with all that can be said of one', () => {
    expect(
      readSaid('tacho:metric name=fps value=59.8 type=timer unit=s tags=level:3,demo'),
    ).toEqual({
      kind: 'metric',
      reading: { name: 'fps', value: 59.8, type: 'timer', unit: 's', tags: ['level:3', 'demo'] },
    });
    expect(readSaid('tacho:metric value=-1e3 name="two words"\r')).toMatchObject({
      reading: { name: 'two words', value: -1000, type: 'gauge', unit: '', tags: [] },
    });
  });

  it('makes an event whose other words are its data', () => {
    expect(
      readSaid(
        'tacho:event name=done level=warning message="it \\"is\\" done" score=12 ok=true x=1x',
      ),
    ).toEqual({
      kind: 'event',
      name: 'done',
      level: 'warning',
      message: 'it "is" done',
      data: { score: 12, ok: true, x: '1x' },
    });
  });

  it.each([
    'tacho:metric name=a',
    'tacho:metric value=1',
    'tacho:metric name=a value=x',
    'tacho:metric name=a value=',
    'tacho:metric name=a value=1 type=number',
    'tacho:metric name=a value=1 and more',
    'tacho:metrics name=a value=1',
    'tacho:event level=info',
    'tacho:event name=a level=loud',
    'tacho: name=a value=1',
    ' tacho:metric name=a value=1',
  ])('is only output: %s', (line) => {
    expect(readSaid(line)).toBeUndefined();
  });
});
