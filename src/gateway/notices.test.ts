import { describe, expect, it } from 'vitest';
import type { NoticeBoard, StandingNotice } from '../core/notice.js';
import type { FakeSocket } from './testing/fake-socket.js';
import { Stage } from './testing/stage.js';

class Board implements NoticeBoard {
  standing: StandingNotice | undefined;
  private listener: () => void = () => undefined;

  notice(): StandingNotice | undefined {
    return this.standing;
  }

  onNotice(listener: () => void): () => void {
    this.listener = listener;
    return () => undefined;
  }

  setNotice(next: StandingNotice | undefined): Promise<void> {
    this.standing = next;
    this.listener();
    return Promise.resolve();
  }
}

function setup(): { board: Board; stage: Stage; put(text: string): Promise<void> } {
  const board = new Board();
  const stage = new Stage({ notices: board });
  let notices = 0;
  const put = async (text: string): Promise<void> => {
    await board.setNotice({ id: `n${++notices}`, text, untilMs: stage.clock.now() + 60_000 });
    await stage.clock.settle();
  };
  return { board, stage, put };
}

const textsOf = (socket: FakeSocket): (string | null | undefined)[] =>
  socket.read().flatMap(({ notice }) => (notice ? [notice.text] : []));

describe('the notice of operators', () => {
  it('reaches the sessions that are there, those that begin while it stands, and none after its end', async () => {
    const { stage, put } = setup();
    const early = await stage.login();
    await put('At noon we restart.');
    expect(textsOf(early.socket)).toEqual(['At noon we restart.']);
    const late = await stage.login({ token: 'bob.phone' });
    await stage.clock.settle();
    expect(textsOf(late.socket)).toEqual(['At noon we restart.']);
    await stage.clock.advance(60_000);
    const last = await stage.login({ token: 'carol.phone' });
    await stage.clock.settle();
    expect(textsOf(last.socket)).toEqual([]);
  });

  it('is replaced by another, and withdrawn', async () => {
    const { stage, put, board } = setup();
    const { socket } = await stage.login();
    await put('one');
    await put('two');
    await board.setNotice(undefined);
    await stage.clock.settle();
    expect(textsOf(socket)).toEqual(['one', 'two', '']);
  });

  it('waits for a session that lost its connection and resumes', async () => {
    const { stage, put } = setup();
    const { socket, id } = await stage.login();
    socket.link.lost(1006);
    await put('one');
    const { socket: again } = await stage.login({ resume: { sessionId: id, sessionSeq: 0 } });
    await stage.clock.settle();
    expect(textsOf(again)).toEqual(['one']);
  });

  it('is told to very many in turns, and the rest of an earlier one is left out', async () => {
    const { stage, put } = setup();
    const sockets: FakeSocket[] = [];
    for (let i = 0; i < 1_100; i++) sockets.push((await stage.login({ token: `user${i}.phone` })).socket);
    await put('one');
    expect(sockets.map(textsOf).filter((texts) => texts.length > 0)).toHaveLength(500);
    await put('two');
    await stage.clock.advance(1_000);
    expect(new Set(sockets.map((socket) => textsOf(socket).join()))).toEqual(new Set(['two']));
  });
});
