package labpack.conf;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** A few steps through a configuration file; comments are no elements, so commented samples are never read. */
public final class Xml {
    private Xml() {}

    public static Element read(File file) throws Exception {
        DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        builder.setErrorHandler(null);
        return builder.parse(file).getDocumentElement();
    }

    public static List<Element> children(Element parent, String name) {
        List<Element> out = new ArrayList<>();
        if (parent == null) {
            return out;
        }
        for (Node n = parent.getFirstChild(); n != null; n = n.getNextSibling()) {
            if (n instanceof Element && (name == null || local(n).equals(name))) {
                out.add((Element) n);
            }
        }
        return out;
    }

    public static String local(Node n) {
        String name = n.getNodeName();
        return name.substring(name.indexOf(':') + 1);
    }

    /** The first element at a path such as Ports/Offset, or null. */
    public static Element at(Element from, String path) {
        Element here = from;
        for (String step : path.split("/")) {
            List<Element> found = children(here, step);
            if (found.isEmpty()) {
                return null;
            }
            here = found.get(0);
        }
        return here;
    }

    public static String text(Element from, String path, String otherwise) {
        Element found = at(from, path);
        return found == null ? otherwise : found.getTextContent().trim();
    }

    /** The text of the child parameter of that name (axis2.xml's form). */
    public static String parameter(Element from, String name, String otherwise) {
        for (Element p : children(from, "parameter")) {
            if (name.equals(p.getAttribute("name"))) {
                return p.getTextContent().trim();
            }
        }
        return otherwise;
    }
}
