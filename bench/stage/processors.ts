/** Processor time of processes that say it at an address each, also through restarts of theirs. */
const SAMPLE_EVERY_MS = 1_000;

export class Processors {
  private readonly addresses: readonly string[];
  /** Seconds since the process started; undefined where there is no answer. */
  private readonly read: (address: string) => Promise<number | undefined>;
  private readonly last = new Map<string, number>();
  private spent = 0;
  private timer: NodeJS.Timeout | undefined;
  private sampling: Promise<boolean> | undefined;

  constructor(addresses: readonly string[], read: (address: string) => Promise<number | undefined>) {
    this.addresses = addresses;
    this.read = read;
  }

  /** Seconds that all have spent since the first call; undefined where one does not answer now, so that nobody knows. */
  async spentSeconds(): Promise<number | undefined> {
    this.timer ??= setInterval(() => void this.sample(), SAMPLE_EVERY_MS).unref();
    await this.sampling; // one that began before this call is too old
    return (await this.sample()) ? this.spent : undefined;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Whether all have answered. What a process spends between the last sample and its end is not known. */
  sample(): Promise<boolean> {
    this.sampling ??= this.sampleAll().finally(() => {
      this.sampling = undefined;
    });
    return this.sampling;
  }

  private async sampleAll(): Promise<boolean> {
    const answers = await Promise.all(
      this.addresses.map(async (address) => [address, await this.read(address)] as const),
    );
    for (const [address, seconds] of answers) {
      if (seconds === undefined) continue;
      const last = this.last.get(address);
      if (last !== undefined) this.spent += seconds >= last ? seconds - last : seconds;
      this.last.set(address, seconds);
    }
    return answers.every(([, seconds]) => seconds !== undefined);
  }
}
