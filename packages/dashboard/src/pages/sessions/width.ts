/** The width of the page, for what style sheets cannot decide. */
import { useEffect, useState } from 'preact/hooks';

/** Width of the page in pixels, without a scroll bar. */
export function useWidth(): number {
  const [width, setWidth] = useState(document.documentElement.clientWidth);
  useEffect(() => {
    const look = (): void => setWidth(document.documentElement.clientWidth);
    addEventListener('resize', look);
    look();
    return () => removeEventListener('resize', look);
  }, []);
  return width;
}
