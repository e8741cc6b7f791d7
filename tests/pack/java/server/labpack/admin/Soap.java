package labpack.admin;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import javax.xml.parsers.DocumentBuilderFactory;
import labpack.conf.Xml;
import labpack.http.Exchange;
import org.w3c.dom.Element;

/** As much of SOAP 1.1 as the two admin services need. */
final class Soap {
    private static final String ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/";

    private Soap() {}

    /** The first element of the body, or null where the request holds none. */
    static Element request(Exchange e) throws Exception {
        String body = e.body();
        if (body.trim().isEmpty()) {
            return null;
        }
        Element root;
        try {
            root = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                    .parse(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8))).getDocumentElement();
        } catch (org.xml.sax.SAXException notXml) {
            return null;
        }
        Element inner = Xml.at(root, "Body");
        return inner == null || Xml.children(inner, null).isEmpty() ? null : Xml.children(inner, null).get(0);
    }

    /** The operation by body, by SOAPAction, or by the path after the service's name. */
    static String operation(Exchange e, String service) throws Exception {
        Element request = request(e);
        if (request != null) {
            return Xml.local(request);
        }
        String action = e.header("SOAPAction");
        if (action != null && action.replace("\"", "").startsWith("urn:")) {
            return action.replace("\"", "").substring(4);
        }
        String prefix = "/services/" + service + "/";
        return e.path.startsWith(prefix) ? e.path.substring(prefix.length()) : "";
    }

    static void answer(Exchange e, String namespace, String operation, String value) throws Exception {
        e.answer(200, "text/xml;charset=UTF-8", envelope("<ns:" + operation + "Response xmlns:ns=\"" + namespace
                + "\"><ns:return>" + value + "</ns:return></ns:" + operation + "Response>"));
    }

    static void fault(Exchange e, int status, String text) throws Exception {
        e.answer(status, "text/xml;charset=UTF-8", envelope("<soapenv:Fault><faultcode>soapenv:Server</faultcode>"
                + "<faultstring>" + text + "</faultstring><detail/></soapenv:Fault>"));
    }

    private static String envelope(String body) {
        return "<soapenv:Envelope xmlns:soapenv=\"" + ENVELOPE + "\"><soapenv:Body>" + body
                + "</soapenv:Body></soapenv:Envelope>";
    }
}
