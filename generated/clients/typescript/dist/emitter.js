/** Events with types: `Events` maps each event's name to what its listeners get. */
export class Emitter {
    #listeners = new Map();
    /** Calls `listener` at each such event; returns a function that ends that. */
    on(name, listener) {
        const listeners = this.#listeners.get(name) ?? new Set();
        this.#listeners.set(name, listeners);
        listeners.add(listener);
        return () => void listeners.delete(listener);
    }
    /** Calls the listeners. What one throws is reported like any uncaught error, and stops nobody else. */
    emit(name, value) {
        for (const listener of [...(this.#listeners.get(name) ?? [])]) {
            try {
                listener(value);
            }
            catch (error) {
                queueMicrotask(() => {
                    throw error;
                });
            }
        }
    }
}
