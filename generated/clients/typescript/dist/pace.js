/** A token bucket: how long to wait before the next send, so that the server need not refuse it. */
/** A little below the limit: the server's clock and the network's are not ours. */
const SHARE = 0.95;
export class Pace {
    #perS;
    #burst;
    #tokens;
    #at = Date.now();
    /**
     * @param perS Sends a second in the long run; 0: no limit.
     * @param burst Sends at once after a pause.
     */
    constructor(perS, burst) {
        this.#perS = perS * SHARE;
        this.#burst = burst * SHARE;
        this.#tokens = this.#burst;
    }
    /** Returns the milliseconds until a send may go; 0: now. */
    waitMs() {
        if (this.#perS === 0)
            return 0;
        const now = Date.now();
        this.#tokens = Math.min(this.#burst, this.#tokens + (Math.max(now - this.#at, 0) * this.#perS) / 1000);
        this.#at = now;
        return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) * 1000) / this.#perS);
    }
    /** Counts a send. */
    spend() {
        this.#tokens -= 1;
    }
}
