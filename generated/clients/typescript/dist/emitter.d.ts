/** Events with types: `Events` maps each event's name to what its listeners get. */
export declare class Emitter<Events> {
    #private;
    /** Calls `listener` at each such event; returns a function that ends that. */
    on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void;
    /** Calls the listeners. What one throws is reported like any uncaught error, and stops nobody else. */
    protected emit<Name extends keyof Events>(name: Name, value: Events[Name]): void;
}
