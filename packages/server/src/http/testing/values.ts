/** Values of parameters, made from their declarations: ones that are accepted, and nonsense. */
import { limits, type Param } from '@tacho/protocol';

interface Shape {
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  pattern?: string;
  examples?: string[];
}

/** Texts for parameters whose schema does not say what makes sense, by name. */
const sensible: Readonly<Record<string, readonly string[]>> = {
  product: ['shop', 'none'],
  version: ['2.4.0'],
  machine: ['till-3'],
  hostname: ['till-3.example'],
  event: ['payment_failed'],
  exception: ['ZeroDivisionError'],
  text: ['card decl'],
};

/** Texts that the parameter takes, several where its form has several. */
export function acceptedValues(name: string, param: Param<unknown>): string[] {
  const shape = param.schema as Shape;
  const made = [
    ...(sensible[name] ?? []),
    ...(shape.enum ?? []),
    ...(shape.examples ?? []),
    ...(shape.type === 'boolean' ? ['true', 'false'] : []),
    ...[shape.minimum, shape.maximum].filter((bound) => bound !== undefined).map(String),
    ...(param.presetText === undefined ? [] : [param.presetText]),
  ];
  if (made.length === 0) made.push('x');
  return [...new Set(made)];
}

/** Texts that the parameter must refuse. */
export function nonsenseFor(param: Param<unknown>): string[] {
  const shape = param.schema as Shape;
  const made = ['', 'x'.repeat(limits.paramLengthMax + 1)];
  const { minimum, maximum, maxLength, pattern, enum: words } = shape;
  if (shape.type === 'integer') made.push('1.5', '1e1', 'many', ' 5', '0x10', '99999999999999999');
  if (shape.type === 'number') made.push('NaN', 'Infinity', 'many', '1,5');
  if (minimum !== undefined) made.push(String(minimum - 1));
  if (maximum !== undefined && Number.isSafeInteger(maximum + 1)) made.push(String(maximum + 1));
  if (words !== undefined) made.push('nonsense', `${words[0]} `, words.join(','));
  if (shape.type === 'boolean') made.push('yes', '1', 'TRUE');
  if (maxLength !== undefined && maxLength < limits.paramLengthMax) {
    made.push('x'.repeat(maxLength + 1));
  }
  if (pattern !== undefined) made.push('§', 'no such form');
  return made;
}
