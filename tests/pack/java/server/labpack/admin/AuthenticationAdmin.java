package labpack.admin;

import labpack.conf.Xml;
import labpack.http.Exchange;
import labpack.http.Servlet;
import org.w3c.dom.Element;

/** Logs in on managers and workers alike (real-run 2); GET is 500, ?wsdl is 200. */
final class AuthenticationAdmin implements Servlet {
    private static final String NAMESPACE = "http://authentication.services.core.carbon.wso2.org";

    @Override
    public void serve(Exchange e) throws Exception {
        if (e.query().startsWith("wsdl")) {
            e.answer(200, "text/xml", "<wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" "
                    + "name=\"AuthenticationAdmin\"/>");
            return;
        }
        Element request = e.secure() ? Soap.request(e) : null;
        if (request == null || !"login".equals(Xml.local(request))) {
            Soap.fault(e, 500, "The endpoint reference (EPR) for the Operation not found is " + e.path);
            return;
        }
        boolean in = Sessions.login(e, Xml.text(request, "username", ""), Xml.text(request, "password", ""));
        Soap.answer(e, NAMESPACE, "login", Boolean.toString(in));
    }
}
