/**
 * Hosts of a test's own on one machine: each a network namespace with an address, all on one switch, as is this process. What
 * passes between them is cut by nftables in a host's own namespace, so that a process meets what a real network does to it: lost
 * segments that TCP sends again at its own pace, connections that nobody ends. Wants Linux, root, and the programs `ip` and `nft`.
 *
 * A namespace lives as long as a process that waits for the end of its input, which is this one's: none outlives the test,
 * however it ends.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { findNetworkPrograms } from '../../scripts/servers/network.mjs';
import type { Cut, Link } from './link.js';

type NetworkPrograms = Exclude<ReturnType<typeof findNetworkPrograms>, string>;

const run = promisify(execFile);

/** Networks of 254 hosts, of which one machine has so many at most: for tests that run beside each other. */
const SUBNETS = Array.from({ length: 64 }, (_, number) => `10.213.${number}`);
/** Where connections of others than this host's own pass: by server (`silent`, `broken`), or by host (`apart`). */
const RULES = `
table inet cut {
  set silent { type ipv4_addr . inet_service; }
  set broken { type ipv4_addr . inet_service; }
  set apart { type ipv4_addr; flags interval; }
  chain in {
    type filter hook input priority 0;
    iif "lo" accept
    ip saddr @apart drop
    ip saddr . tcp sport @silent drop
    ip saddr . tcp sport @broken reject with tcp reset
  }
  chain out {
    type filter hook output priority 0;
    oif "lo" accept
    ip daddr @apart drop
    ip daddr . tcp dport @silent drop
    ip daddr . tcp dport @broken reject with tcp reset
  }
}`;

/** The set of what is cut so. */
const CUTS: Record<Cut, string> = { silence: 'silent', reset: 'broken' };

/** A network namespace, and the process that it lives by. */
class Namespace {
  readonly pid: number;
  private readonly holder: ChildProcess;

  private constructor(holder: ChildProcess, pid: number) {
    this.holder = holder;
    this.pid = pid;
  }

  /** Rejects where that is not allowed. */
  static async make({ unshare }: NetworkPrograms): Promise<Namespace> {
    const holder = spawn(unshare, ['--net', 'sh', '-c', 'echo made; exec cat'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const { pid } = holder;
    const made = await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit').then(() => undefined)]);
    if (made === undefined || pid === undefined) throw new Error('a network namespace cannot be made here');
    return new Namespace(holder, pid);
  }

  /** A command line that runs another one inside. */
  inside(program: string, args: readonly string[]): { readonly program: string; readonly args: readonly string[] } {
    return { program: 'nsenter', args: [`--net=/proc/${this.pid}/ns/net`, '--', program, ...args] };
  }

  async run(script: string): Promise<void> {
    const { program, args } = this.inside('sh', ['-ec', script]);
    await run(program, args);
  }

  async end(): Promise<void> {
    const ended = once(this.holder, 'exit');
    this.holder.stdin?.end();
    await ended;
  }
}

/** One of the network's hosts: what is started there has its address, and can be cut off. */
export class NetworkHost {
  readonly address: string;
  private readonly namespace: Namespace;
  private readonly nft: string;

  constructor(address: string, namespace: Namespace, nft: string) {
    this.address = address;
    this.namespace = namespace;
    this.nft = nft;
  }

  /** A command line that runs another one on this host. */
  inside(program: string, args: readonly string[]): { readonly program: string; readonly args: readonly string[] } {
    return this.namespace.inside(program, args);
  }

  /** The way to servers on other hosts, `address:port` each: where one has several, they are cut and healed together. */
  linkTo(servers: readonly string[]): Link {
    const elements = servers.map((server) => server.replace(':', ' . '));
    let cut: Cut | undefined;
    const heal = async (): Promise<void> => {
      if (cut !== undefined) await this.change('delete', CUTS[cut], elements);
      cut = undefined;
    };
    return {
      address: servers.join(','),
      cut: async (how) => {
        await heal();
        await this.change('add', CUTS[how], elements);
        cut = how;
      },
      heal,
      close: () => Promise.resolve(),
    };
  }

  /** From now on nothing passes between this host and those, and nothing is closed. */
  partFrom(addresses: readonly string[]): Promise<void> {
    return this.change('add', 'apart', addresses);
  }

  /** What was parted passes again. */
  meetAgain(addresses: readonly string[]): Promise<void> {
    return this.change('delete', 'apart', addresses);
  }

  private change(verb: 'add' | 'delete', set: string, elements: readonly string[]): Promise<void> {
    return this.namespace.run(`${this.nft} ${verb} element inet cut ${set} '{ ${elements.join(', ')} }'`);
  }

  async close(): Promise<void> {
    await this.namespace.end();
  }
}

export class Network {
  /** Of this process, and of servers that it starts as ever. */
  readonly address: string;
  private readonly subnet: string;
  private readonly nearEnd: string;
  private readonly programs: NetworkPrograms;
  private readonly switchboard: Namespace;
  private readonly hosts: NetworkHost[] = [];

  private constructor(programs: NetworkPrograms, switchboard: Namespace, subnet: string) {
    this.programs = programs;
    this.switchboard = switchboard;
    this.subnet = subnet;
    this.nearEnd = nearEndOf(subnet);
    this.address = `${subnet}.1`;
  }

  /** Undefined, and said why on the error output, where this machine or its operator does not allow it. */
  static async open(): Promise<Network | undefined> {
    const programs = findNetworkPrograms();
    if (typeof programs === 'string') {
      process.stderr.write(`\nNO NETWORK NAMESPACES: ${programs}\n`);
      return undefined;
    }
    try {
      return await Network.make(programs);
    } catch (error) {
      process.stderr.write(`\nNO NETWORK NAMESPACES: ${error instanceof Error ? error.message : String(error)}\n`);
      return undefined;
    }
  }

  private static async make(programs: NetworkPrograms): Promise<Network> {
    const switchboard = await Namespace.make(programs);
    try {
      await switchboard.run(`${programs.ip} link add switch type bridge; ${programs.ip} link set switch up`);
      return new Network(programs, switchboard, await plugIn(programs, switchboard));
    } catch (error) {
      await switchboard.end();
      throw error;
    }
  }

  /** So many more of them. */
  async newHosts(count: number): Promise<readonly NetworkHost[]> {
    const hosts: NetworkHost[] = [];
    while (hosts.length < count) hosts.push(await this.newHost());
    return hosts;
  }

  /** One more host. */
  async newHost(): Promise<NetworkHost> {
    const { ip, nft } = this.programs;
    const number = this.hosts.length + 2;
    const namespace = await Namespace.make(this.programs);
    const address = `${this.subnet}.${number}`;
    const host = new NetworkHost(address, namespace, nft);
    this.hosts.push(host);
    await this.switchboard.run(
      `${ip} link add host${number} type veth peer name eth0 netns ${namespace.pid}
       ${ip} link set host${number} master switch up`,
    );
    await namespace.run(
      `${ip} link set lo up; ${ip} addr add ${address}/24 dev eth0; ${ip} link set eth0 up
       ${nft} -f - <<'RULES'${RULES}\nRULES`,
    );
    return host;
  }

  /** Of every other host. */
  others(host: NetworkHost): readonly string[] {
    return [this.address, ...this.hosts.map(({ address }) => address)].filter((address) => address !== host.address);
  }

  /** After all that ran on its hosts has ended. */
  async close(): Promise<void> {
    await run(this.programs.ip, ['link', 'delete', this.nearEnd]);
    await Promise.all(this.hosts.map((host) => host.close()));
    await this.switchboard.end();
  }
}

const nearEndOf = (subnet: string): string => `parley${subnet.split('.').at(-1)}`;

/** Gives this process an address on the switch, in the first subnet that nobody has: the name of the interface is the lock. */
async function plugIn({ ip }: NetworkPrograms, switchboard: Namespace): Promise<string> {
  for (const subnet of SUBNETS) {
    const nearEnd = nearEndOf(subnet);
    const add = ['link', 'add', nearEnd, 'type', 'veth', 'peer', 'name', 'test', 'netns', `${switchboard.pid}`];
    try {
      await run(ip, add);
    } catch (error) {
      if (String(error).includes('File exists')) continue;
      throw error;
    }
    await switchboard.run(`${ip} link set test master switch up`);
    await run(ip, ['addr', 'add', `${subnet}.1/24`, 'dev', nearEnd]);
    await run(ip, ['link', 'set', nearEnd, 'up']);
    return subnet;
  }
  throw new Error('all subnets are taken');
}
