/** The machines of the demo: where its programs run, and what hardware they find there. */
import type { JsonObject } from '@tacho/protocol';

const GiB = 2 ** 30;

/** A machine that programs run on. */
export interface Machine {
  id: string;
  hostname: string;
  os: string;
  cpu: string;
  ramBytes: number;
  gpu?: { driver: string; name: string; vramBytes: number };
  /** People close its lid while programs run. */
  isPortable: boolean;
}

/** What a state says of its machine. */
export function hardwareOf({ os, cpu, ramBytes }: Machine): JsonObject {
  return { os, cpu, ram_bytes: ramBytes };
}

type GpuRow = readonly [name: string, driver: string, vramGiB: number];
const geforce: GpuRow = ['GeForce RTX 3070', 'nvidia 565.77', 8];
const bigGeforce: GpuRow = ['GeForce RTX 4080', 'nvidia 565.77', 16];
const radeon: GpuRow = ['Radeon RX 7800 XT', 'amdgpu 24.3.2', 16];
const vanGogh: GpuRow = ['AMD Custom GPU 0932', 'RADV 24.2.0', 4];
const apple: GpuRow = ['Apple M2 Max', 'Metal 3.2', 24];
const intel: GpuRow = ['Intel Arc 140V', 'igdlh 32.0.101', 8];

/** Machines of one kind. */
interface Family {
  name: string;
  numbers: readonly number[];
  os: string;
  cpu: string;
  ramGiB: number;
  gpu: GpuRow;
  isPortable?: true;
}

const windows = 'Windows 11 24H2';

const playFamilies: readonly Family[] = [
  {
    ...{ name: 'qa-tower', numbers: range(1, 12), os: windows },
    ...{ cpu: 'Ryzen 7 7800X3D', ramGiB: 32, gpu: radeon },
  },
  {
    ...{ name: 'win-lab', numbers: range(1, 8), os: 'Windows 10 22H2' },
    ...{ cpu: 'Core i5-12400F', ramGiB: 16, gpu: geforce },
  },
  {
    ...{ name: 'steamdeck', numbers: range(1, 14), os: 'SteamOS 3.6', isPortable: true },
    ...{ cpu: 'AMD Custom APU 0405', ramGiB: 16, gpu: vanGogh },
  },
  {
    ...{ name: 'mac-studio', numbers: range(1, 3), os: 'macOS 15.1' },
    ...{ cpu: 'Apple M2 Max', ramGiB: 32, gpu: apple },
  },
  {
    ...{ name: 'art-ws', numbers: range(1, 5), os: windows },
    ...{ cpu: 'Core i9-14900K', ramGiB: 64, gpu: bigGeforce },
  },
  {
    ...{ name: 'laptop', numbers: range(21, 28), os: windows, isPortable: true },
    ...{ cpu: 'Core Ultra 7 258V', ramGiB: 32, gpu: intel },
  },
];

/** Machines that the game is played on. */
export const playMachines: readonly Machine[] = playFamilies.flatMap(
  ({ name, numbers, os, cpu, ramGiB, gpu: [model, driver, vramGiB], isPortable = false }) =>
    numbers.map((number) => {
      const digits = name === 'mac-studio' ? `${number}` : String(number).padStart(2, '0');
      const id = `${name}-${digits}`;
      const gpu = { driver, name: model, vramBytes: vramGiB * GiB };
      return { id, hostname: id, os, cpu, ramBytes: ramGiB * GiB, gpu, isPortable };
    }),
);

/** Nodes that the service runs on. */
export const serviceMachines: readonly Machine[] = ['1a', '1b', '1c'].flatMap((zone) =>
  range(1, 4).map((number) => {
    const id = `node-eu-west-${zone}-${String(number).padStart(2, '0')}`;
    return serverMachine(id, 'Debian 12', 'EPYC 9R14', 64);
  }),
);

/** Test rigs. */
export const rigMachines: readonly Machine[] = range(1, 8).map((number) =>
  serverMachine(`rig-${String(number).padStart(2, '0')}`, 'Ubuntu 24.04', 'Core i7-13700', 64),
);

/** A machine that must exist. */
export function machineNamed(id: string): Machine {
  const found = [...playMachines, ...serviceMachines, ...rigMachines].find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no machine ${id} in the demo`);
  return found;
}

function serverMachine(id: string, os: string, cpu: string, ramGiB: number): Machine {
  return { id, hostname: id, os, cpu, ramBytes: ramGiB * GiB, isPortable: false };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
