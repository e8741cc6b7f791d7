package labpack.core.spi;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import labpack.http.Exchange;
import labpack.http.Servlet;

/** What answers below /services/NAME, on whichever transport the request came. */
public final class Services {
    private static final Map<String, Servlet> BY_NAME = new ConcurrentHashMap<>();

    private Services() {}

    public static void put(String name, Servlet servlet) {
        BY_NAME.put(name, servlet);
    }

    public static void remove(String name) {
        BY_NAME.remove(name);
    }

    /** Answers if the path is a service's; false if there is none of that name. */
    public static boolean serve(Exchange exchange) throws Exception {
        if (!exchange.path.startsWith("/services/")) {
            return false;
        }
        String name = exchange.path.substring("/services/".length()).split("[/.]")[0];
        Servlet servlet = BY_NAME.get(name);
        if (servlet == null) {
            return false;
        }
        servlet.serve(exchange);
        return true;
    }
}
