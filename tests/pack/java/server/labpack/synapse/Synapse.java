package labpack.synapse;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import labpack.conf.Xml;
import labpack.http.Exchange;
import org.w3c.dom.Element;

/** The APIs that answer, by context; a mediator's payloadFactory is all that this one understands. */
public final class Synapse {
    private static final Map<String, String[]> APIS = new ConcurrentSkipListMap<>();

    private Synapse() {}

    /** The answer of an artifact: the first payloadFactory's format, else its name. */
    public static String[] answer(Element artifact) {
        Element found = find(artifact, "payloadFactory");
        Element format = found == null ? null : Xml.at(found, "format");
        if (format == null) {
            return new String[] {"text/plain", artifact.getAttribute("name")};
        }
        boolean json = "json".equals(found.getAttribute("media-type"));
        return new String[] {json ? "application/json" : "text/plain", format.getTextContent().trim()};
    }

    private static Element find(Element from, String name) {
        for (Element e : Xml.children(from, null)) {
            Element deeper = Xml.local(e).equals(name) ? e : find(e, name);
            if (deeper != null) {
                return deeper;
            }
        }
        return null;
    }

    static void put(String context, String[] answer) {
        APIS.put(context, answer);
    }

    static void remove(String context) {
        APIS.remove(context);
    }

    /** Answers if some API's context is the path or its beginning. */
    public static boolean serve(Exchange e) throws Exception {
        String[] best = null;
        for (Map.Entry<String, String[]> api : APIS.entrySet()) {
            if (e.path.equals(api.getKey()) || e.path.startsWith(api.getKey() + "/")) {
                best = api.getValue();
            }
        }
        if (best == null) {
            return false;
        }
        e.answer(200, best[0], best[1]);
        return true;
    }
}
