/** Descendants of a process on Linux: by its threads' lists of children, or by a walk over all of /proc. */
import { readdirSync } from 'node:fs';
import type { ProcessRow, Resources } from '../process.ts';
import { parseStat, type Stat, type Units } from './stat.ts';
import { readText } from './text.ts';

/** The process and its descendants, itself first; empty when it is gone. Zombies are of no more use. */
export function linuxTree(
  root: string,
  pid: number,
  resourcesOf: (pid: number, stat: Stat) => Resources,
  units: Units,
): ProcessRow[] {
  const rows: ProcessRow[] = [];
  const childrenOf = listsChildren(root)
    ? (parent: number) => listedChildren(root, parent)
    : walkedChildren(root);
  const found = new Set([pid]);
  for (const member of found) {
    const stat = readStat(root, member);
    if (stat === null) continue;
    const row = rowOf(stat, resourcesOf(member, stat), units);
    rows.push(row);
    for (const child of childrenOf(member)) found.add(child);
  }
  return rows[0]?.pid === pid ? rows : [];
}

function rowOf(stat: Stat, resources: Resources, { tickUs }: Units): ProcessRow {
  return {
    ...resources,
    pid: stat.pid,
    parent: stat.parent,
    startTime: stat.startTime,
    childUserUs: stat.childUserTicks * tickUs,
    childSystemUs: stat.childSystemTicks * tickUs,
  };
}

/** Not every kernel is built with these lists. */
function listsChildren(root: string): boolean {
  return readText(`${root}/self/task/${process.pid}/children`) !== null;
}

function listedChildren(root: string, pid: number): number[] {
  const children: number[] = [];
  for (const thread of list(`${root}/${pid}/task`)) {
    const text = readText(`${root}/${pid}/task/${thread}/children`);
    for (const child of text?.split(' ') ?? []) if (child.trim()) children.push(Number(child));
  }
  return children;
}

function walkedChildren(root: string): (pid: number) => number[] {
  const children = new Map<number, number[]>();
  for (const name of list(root)) {
    const pid = Number(name);
    const stat = pid > 0 ? readStat(root, pid) : null;
    if (stat === null) continue;
    const siblings = children.get(stat.parent);
    if (siblings) siblings.push(pid);
    else children.set(stat.parent, [pid]);
  }
  return (pid) => children.get(pid) ?? [];
}

function readStat(root: string, pid: number): Stat | null {
  const text = readText(`${root}/${pid}/stat`);
  return text === null ? null : parseStat(text);
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
