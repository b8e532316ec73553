/** Finding people, and how the caller stands to them: friends, requests, blocks. */
import type { ActorClient } from '../../cluster/actor-client.js';
import { USER_ID_CHARACTERS_MAX } from '../../core/client-bounds.js';
import { ParleyError } from '../../core/errors.js';
import { isUserId, type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { Directory } from '../../directory/directory.js';
import type { RelationChange } from '../../directory/friends.js';
import { addressKey } from '../address-key.js';
import { mayBeDone } from '../may-be-done.js';
import type { RateLimits } from '../rate-limits.js';
import type { Routes } from '../route.js';
import { count, integer, list, object, oneOf, optional, text } from '../schema.js';
import { userIdSchema } from './id-schemas.js';

const PAGE_DEFAULT = 20;
const NAMES_MAX = 100;
const RELATIONS_PAGE_DEFAULT = 100;

const stateSchema = oneOf('friend', 'request_sent', 'request_received', 'blocked');
const changeSchema = object({
  userId: userIdSchema,
  state: oneOf('friend', 'request_sent', 'request_received', 'blocked', 'none'),
});
const personSchema = object({ userId: userIdSchema, displayName: text() });
const nameSchema = text({ minLength: 1, maxLength: USER_ID_CHARACTERS_MAX });
const onePerson = object({ userId: userIdSchema });
const nextSchema = optional(text({ description: '`after` of the next page; absent on the last one.' }));

export interface PeopleDeps {
  readonly directory: Directory;
  readonly actors: ActorClient;
  readonly limits: RateLimits;
}

function addSearchRoute(routes: Routes, { directory, limits }: PeopleDeps): void {
  const { accounts } = directory;
  routes.caller({
    method: 'GET',
    url: '/people',
    tag: 'people',
    summary: 'People by exact name, or by the first characters of it, a page. Who blocked the caller is not found.',
    query: object({
      name: optional(nameSchema),
      prefix: optional(nameSchema),
      after: optional(userIdSchema),
      limit: optional(integer(1, LIMITS.peoplePageMax, `Default ${PAGE_DEFAULT}.`)),
    }),
    answer: object({ people: list(personSchema), next: nextSchema }),
    async handle({ caller, query, request }) {
      const { name, prefix, after, limit = PAGE_DEFAULT } = query;
      limits.take('searchPerAddress', addressKey(request.ip));
      limits.take('searchPerAccount', caller.userId);
      if (name !== undefined && prefix === undefined) {
        const userId = name.toLowerCase();
        const person = isUserId(userId) ? await accounts.find(caller.userId, userId) : undefined;
        return { people: person === undefined ? [] : [person] };
      }
      if (prefix === undefined || name !== undefined)
        throw new ParleyError('invalid_argument', { sentence: 'Give exactly one of name and prefix.' });
      const page = { prefix: prefix.toLowerCase(), limit, ...(after === undefined ? {} : { after }) };
      return accounts.search(caller.userId, page);
    },
  });
}

/** Names only, and of ids that the caller has: not hidden from who is blocked, who would notice a name that is gone. */
function addNamesRoute(routes: Routes, { directory, limits }: PeopleDeps): void {
  routes.caller({
    method: 'GET',
    url: '/people/names',
    tag: 'people',
    summary: 'What the people with these ids call themselves; who does not exist is left out.',
    query: object({
      ids: text({
        maxLength: NAMES_MAX * (USER_ID_CHARACTERS_MAX + 1),
        description: `User ids with commas between, at most ${NAMES_MAX}.`,
      }),
    }),
    answer: object({ people: list(personSchema) }),
    async handle({ caller, query }) {
      limits.take('namesPerAccount', caller.userId);
      const ids = [...new Set(query.ids.split(','))];
      if (ids.length > NAMES_MAX || !ids.every(isUserId))
        throw new ParleyError('invalid_argument', { sentence: `Give 1 to ${NAMES_MAX} user ids.` });
      const profiles = await directory.settings.profilesOf(ids);
      return { people: profiles.map(({ userId, displayName }) => ({ userId, displayName })) };
    },
  });
}

function addListRoute(routes: Routes, { directory }: PeopleDeps): void {
  routes.caller({
    method: 'GET',
    url: '/friends',
    tag: 'friends',
    summary: 'Friends, requests and blocked people, a page in the order of their names.',
    query: object({
      state: optional(stateSchema),
      after: optional(userIdSchema),
      limit: optional(integer(1, LIMITS.relationsPageMax, `Default ${RELATIONS_PAGE_DEFAULT}.`)),
    }),
    answer: object({
      relations: list(object({ userId: userIdSchema, displayName: text(), state: stateSchema, sinceMs: count() })),
      next: nextSchema,
    }),
    handle: ({ caller, query }) =>
      directory.friends.list(caller.userId, { ...query, limit: query.limit ?? RELATIONS_PAGE_DEFAULT }),
  });
}

function addChangeRoutes(routes: Routes, { directory: { friends }, actors }: PeopleDeps): void {
  const tell = (...userIds: UserId[]): void => {
    for (const userId of userIds) actors.tell(userActor(userId), { type: 'directory_changed' });
  };
  const told = async (asker: UserId, userId: UserId, change: Promise<RelationChange>): Promise<object> => {
    try {
      const { state, factsChanged } = await change;
      // Of oneself also when all was so before: it may be a repetition, after the first time was done and not heard of. Of the
      // other not: anybody could have anybody's actor read its account again and again.
      if (state !== 'request_sent') tell(asker); // an open request is nothing that actors know of
      if (factsChanged.includes(userId)) tell(userId);
      return { userId, state };
    } catch (error) {
      if (mayBeDone(error)) tell(asker, userId);
      throw error;
    }
  };
  routes.caller({
    method: 'POST',
    url: '/friends/requests',
    tag: 'friends',
    summary: 'Asks somebody to be friends; accepts, when they have asked already.',
    body: onePerson,
    answer: changeSchema,
    handle: ({ caller, body: { userId } }) => told(caller.userId, userId, friends.request(caller.userId, userId)),
  });
  const changes = [
    ['POST', '/friends/requests/:userId/accept', "Accepts somebody's request.", 'accept'],
    ['DELETE', '/friends/requests/:userId', "Declines somebody's request.", 'decline'],
    ['DELETE', '/friends/:userId', "Ends a friendship, or takes one's own request back.", 'remove'],
    ['PUT', '/blocks/:userId', 'Blocks somebody; they do not notice.', 'block'],
    ['DELETE', '/blocks/:userId', 'Unblocks somebody; brings no friendship back.', 'unblock'],
  ] as const;
  for (const [method, url, summary, action] of changes)
    routes.caller({
      method,
      url,
      tag: 'friends',
      summary,
      params: onePerson,
      answer: changeSchema,
      handle: ({ caller, params: { userId } }) => told(caller.userId, userId, friends[action](caller.userId, userId)),
    });
}

export function addPeopleRoutes(routes: Routes, deps: PeopleDeps): void {
  addSearchRoute(routes, deps);
  addNamesRoute(routes, deps);
  addListRoute(routes, deps);
  addChangeRoutes(routes, deps);
}
