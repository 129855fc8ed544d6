/** Directions of metrics, by their names. */
import { describe, expect, it } from 'vitest';
import { directionOf } from './direction.ts';

describe('the direction in which a metric gets better', () => {
  it.each([
    ['response_time_ms', 'lower'],
    ['http.request.duration', 'lower'],
    ['apiResponseTimeMs', 'lower'],
    ['memory_usage_mb', 'lower'],
    ['cpu_percent', 'lower'],
    ['error_count', 'lower'],
    ['cache_misses_total', 'lower'],
    ['fps', 'higher'],
    ['frame_rate', 'higher'],
    ['cache_hit_ratio', 'higher'],
    ['throughput_bytes_per_second', 'higher'],
    ['memory_free_mb', 'higher'],
    ['memory_available_bytes', 'higher'],
    ['players_online', undefined],
    ['temperature_celsius', undefined],
    ['play_time_seconds', undefined],
    ['heart_rate', undefined],
    ['error_free_sessions', undefined],
    ['', undefined],
  ])('of %s is %s', (name, direction) => {
    expect(directionOf(name)).toBe(direction);
  });

  it('looks at the unit where the name has none', () => {
    expect(directionOf('frame.time', 'ms')).toBe('lower');
    expect(directionOf('frame.time')).toBeUndefined();
  });
});
