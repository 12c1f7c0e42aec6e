/** A token bucket: how long to wait before the next send, so that the server need not refuse it. */
export declare class Pace {
    #private;
    /**
     * @param perS Sends a second in the long run; 0: no limit.
     * @param burst Sends at once after a pause.
     */
    constructor(perS: number, burst: number);
    /** Returns the milliseconds until a send may go; 0: now. */
    waitMs(): number;
    /** Counts a send. */
    spend(): void;
}
