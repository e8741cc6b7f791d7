package labpack.core.spi;

/** A piece of the server that some bundle brings: started in the order of its rank, stopped backwards. */
public interface Part {
    int rank();

    void start() throws Exception;

    /** Runs after the "started in" line. */
    default void started() throws Exception {}

    default void stop() throws Exception {}
}
