package labpack.core.spi;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Messages to the other members of the clustering domain: those of another domain never get one (procedure 1.4). */
public final class Messages {
    private static final List<Consumer<String>> LISTENERS = new CopyOnWriteArrayList<>();
    private static volatile Consumer<String> sender;

    private Messages() {}

    /** The clustering agent brings the way; null takes it away. */
    public static void connect(Consumer<String> way) {
        sender = way;
    }

    /** Sends to all others; false where there is no cluster to send to. */
    public static boolean send(String text) {
        Consumer<String> way = sender;
        if (way == null) {
            return false;
        }
        way.accept(text);
        return true;
    }

    public static void listen(Consumer<String> listener) {
        LISTENERS.add(listener);
    }

    /** What another member has sent. */
    public static void received(String text) {
        for (Consumer<String> one : LISTENERS) {
            one.accept(text);
        }
    }
}
