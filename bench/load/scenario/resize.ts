/** A scenario in another size: what `--users`, `--seconds` and `--rate-factor` make of a file. */
import type { Incident, Scenario, Talk, Variant } from './scenario.js';
import { talkersOf } from './transports.js';

export interface Size {
  /** Of the first variant; those of the others change alike. */
  readonly users: number | undefined;
  readonly seconds: number | undefined;
  readonly rateFactor: number;
}

/**
 * Incidents that a file names keep their place in the run, and channels are no larger than the users are many. Random
 * incidents keep their intervals, as how long a server takes to come back does not depend on the length of a run.
 */
export function resize({ variants }: Scenario, size: Size): Variant[] {
  const [first] = variants;
  const crowd = size.users === undefined || first === undefined ? 1 : size.users / first.users;
  const time = size.seconds === undefined || first === undefined ? 1 : size.seconds / first.seconds;
  return variants.map((variant) => {
    const users = crowd === 1 ? variant.users : Math.max(2, 2 * Math.round((variant.users * crowd) / 2));
    return keepFromPolls({
      ...variant,
      users,
      ...(variant.others === undefined ? {} : { others: resizeOthers(variant.others, crowd) }),
      connectSeconds: variant.connectSeconds * Math.min(1, crowd),
      warmUpSeconds: variant.warmUpSeconds * Math.min(1, time),
      seconds: variant.seconds * time,
      talk: variant.talk.map((line) => resizeLine({ ...line, rate: line.rate * size.rateFactor }, users, crowd)),
      meanwhile: variant.meanwhile.map((incident) => shift(incident, time)),
    });
  });
}

/** The members of broadcast channels are the first users, and none of those who talk in another way. */
function keepFromPolls(variant: Variant): Variant {
  if (variant.others === undefined) return variant;
  const same = talkersOf(variant)[0]?.end ?? 0;
  const talk = variant.talk.map((line) =>
    line.kind === 'broadcast' ? { ...line, size: Math.min(line.size, same) } : line,
  );
  return { ...variant, talk };
}

function resizeOthers(others: NonNullable<Variant['others']>, crowd: number): NonNullable<Variant['others']> {
  return Object.fromEntries(Object.entries(others).map(([name, count]) => [name, Math.floor(count * crowd)]));
}

function resizeLine(line: Talk, users: number, crowd: number): Talk {
  switch (line.kind) {
    case 'group':
      return { ...line, size: Math.min(line.size, users) };
    case 'broadcast':
      return { ...line, size: Math.min(line.size, users) };
    case 'flap':
      return {
        ...line,
        users: Math.max(1, Math.floor(line.users * crowd)),
        watchers: Math.floor(line.watchers * crowd),
      };
    default:
      return line;
  }
}

function shift(incident: Incident, time: number): Incident {
  const at = incident.at * time;
  switch (incident.do) {
    case 'pause':
      return { ...incident, at, forSeconds: incident.forSeconds * time };
    case 'leave':
      return { ...incident, at, forSeconds: incident.forSeconds * time, overSeconds: incident.overSeconds * time };
    default:
      return { ...incident, at };
  }
}
