import { expect, it } from 'vitest';
import type { ActorContext } from '../actors/runtime/actor.js';
import type { ActorHost } from '../cluster/actor-host.js';
import { activateActor } from './activate-actor.js';

it('starts no actor for an id that names neither a user nor a channel', async () => {
  const activate = activateActor({} as ActorHost);
  for (const id of ['', 'bob', 'users:bob'])
    await expect(activate({ id } as unknown as ActorContext)).rejects.toThrow(`${id} is no actor's id`);
});
