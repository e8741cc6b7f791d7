package labpack.http;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** Which servlet answers below which path on Tomcat's two connectors; the longest path wins. */
public final class Web {
    private static final Map<String, Servlet> CONTEXTS = new ConcurrentSkipListMap<>();

    private Web() {}

    public static void register(String path, Servlet servlet) {
        CONTEXTS.put(path, servlet);
    }

    public static void unregister(String path) {
        CONTEXTS.remove(path);
    }

    public static void clear() {
        CONTEXTS.clear();
    }

    public static void serve(Exchange exchange) throws Exception {
        Servlet best = null;
        for (Map.Entry<String, Servlet> e : new TreeMap<>(CONTEXTS).entrySet()) {
            String p = e.getKey();
            if (exchange.path.equals(p) || exchange.path.startsWith(p.endsWith("/") ? p : p + "/")) {
                best = e.getValue();
            }
        }
        if (best == null) {
            exchange.answer(404, "text/html", "<html><body><h1>HTTP Status 404</h1></body></html>");
        } else {
            best.serve(exchange);
        }
    }
}
