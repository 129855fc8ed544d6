/** The recorder at rest: the paper runs, the pen does not move. */

import { root } from '../../address.ts';
import { useWidth } from '../../chart/width.ts';

const lanes = ['Status', 'Events', 'State', 'Metrics'];

/** Lanes without a mark, up to now. */
export function Rest() {
  const [place, width] = useWidth<HTMLDivElement>();
  const at = Math.max(0, width - 40);
  const step = width < 400 ? 96 : 128;
  const marks = Array.from({ length: width < 400 ? 3 : 6 }, (_, i) => at - i * step).filter(
    (x) => x > 0,
  );
  return (
    <figure class="ov-rest">
      <figcaption>
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="3" fill="var(--accent)" />
          <circle class="ov-pen" cx="8" cy="8" r="3.5" />
        </svg>
        <b class="strong" role="status">
          Waiting for the first session
        </b>
        <span class="t2">on {root.host}</span>
      </figcaption>
      <div class="ov-strip" aria-hidden="true">
        <div>
          <span />
          <div ref={place}>
            <svg width={width} height={24} viewBox={`0 0 ${width} 24`} aria-hidden="true">
              {marks.map((x, i) => (
                <text key={x} class={i === 0 ? 'ov-now' : 'tick'} x={x} y={16} text-anchor="middle">
                  {i === 0 ? 'now' : `−${i * 10} s`}
                </text>
              ))}
            </svg>
          </div>
        </div>
        {lanes.map((name, lane) => (
          <div key={name}>
            <span>{name}</span>
            <svg width={width} height={40} viewBox={`0 0 ${width} 40`} aria-hidden="true">
              <path d={`M0 20.5H${at}`} stroke="var(--line-strong)" />
              {marks.map((x) => (
                <path key={x} d={`M${Math.round(x) + 0.5} 17v7`} stroke="var(--line-strong)" />
              ))}
              <path d={`M${at + 0.5} 0V40`} stroke="var(--accent)" />
              {lane === 0 && <circle class="ov-pen" cx={at + 0.5} cy={20} r={6} />}
              <circle class="dot" cx={at + 0.5} cy={20} r={3.5} />
            </svg>
          </div>
        ))}
      </div>
    </figure>
  );
}
