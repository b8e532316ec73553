import { expect, it } from 'vitest';
import { chart } from './chart.js';

const OPTIONS = { title: 'ms', xTitle: 'seconds' };
const pointsOf = (svg: string): string[] =>
  [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points]) => points ?? '');

it('breaks a line where nothing is known, and draws nothing there', () => {
  const points = [
    [0, 5],
    [1, 6],
    [2, undefined],
    [3, 500],
  ] as const;
  const pieces = pointsOf(chart([{ name: 'p99', points }], { ...OPTIONS, logarithmic: true }));
  expect(pieces.map((piece) => piece.split(' ').length)).toEqual([2, 1]);
  expect(chart([{ name: 'p99', points: [[0, undefined]] }], OPTIONS)).toBe('');
});

it('has an axis that can be read where all is zero', () => {
  const svg = chart(
    [
      {
        name: 'lost',
        points: [
          [0, 0],
          [1, 0],
        ],
      },
    ],
    OPTIONS,
  );
  expect(svg).not.toMatch(/>[^<]*e-/);
  expect(svg).toContain('>1</text>');
});

it('keeps the last text of the axis, and marks after the last point, within the page', () => {
  const marks = [{ at: 20, text: 'kill' }];
  const xText = (x: number): string => `variant ${x}`;
  const svg = chart(
    [
      {
        name: 'p50',
        points: [
          [0, 1],
          [1, 2],
          [9, 3],
        ],
      },
    ],
    { ...OPTIONS, xText },
  );
  expect(svg).toMatch(/text-anchor="start">variant 0</);
  expect(svg).toMatch(/text-anchor="middle">variant 1</);
  expect(svg).toMatch(/text-anchor="end">variant 9</);
  const marked = chart(
    [
      {
        name: 'p50',
        points: [
          [0, 1],
          [9, 3],
        ],
      },
    ],
    { ...OPTIONS, marks },
  );
  expect(marked).toContain('<line x1="624.0" x2="624.0"');
});
