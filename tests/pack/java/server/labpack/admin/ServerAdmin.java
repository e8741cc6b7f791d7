package labpack.admin;

import labpack.conf.ServerConf;
import labpack.http.Exchange;
import labpack.http.Servlet;
import labpack.log.Log;

/** The admin service that proves a manager: the statuses of real-run 2 and 11. */
final class ServerAdmin implements Servlet {
    private static final String NAMESPACE = "http://org.apache.axis2/xsd";
    private static final String GUARD = "org.wso2.carbon.server.admin.module.handler.AuthorizationHandler";

    @Override
    public void serve(Exchange e) throws Exception {
        ServerConf conf = ServerConf.get();
        if (!e.secure()) {
            Soap.fault(e, 500, "Admin services are not exposed on this transport");
            return;
        }
        if (e.query().startsWith("wsdl")) {
            e.empty(200);
            return;
        }
        if (!Sessions.known(e)) {
            String given = e.credentials();
            if (given == null) {
                e.set("WWW-Authenticate", "BASIC realm=\"WSO2 Carbon\"");
                e.empty(401);
                return;
            }
            int colon = given.indexOf(':');
            if (colon < 0 || !Sessions.login(e, given.substring(0, colon), given.substring(colon + 1))) {
                Soap.fault(e, 500, "Access Denied. Please login first.");
                return;
            }
        }
        if (conf.worker) {
            // The code sets 403, the transport overwrites it with 202 and no body.
            Log.error(GUARD, "Invoking admin services on worker node is forbidden...", null);
            e.empty(202);
            return;
        }
        answer(e, conf);
    }

    private static void answer(Exchange e, ServerConf conf) throws Exception {
        String operation = Soap.operation(e, "ServerAdmin");
        String server = conf.productName + "-" + conf.version;
        switch (operation) {
            case "isAlive":
                Soap.answer(e, NAMESPACE, operation, "true");
                break;
            case "getServerVersion":
                Soap.answer(e, NAMESPACE, operation, server);
                break;
            case "getServerDataAsString":
                Soap.answer(e, NAMESPACE, operation, "Carbon Home: " + conf.home + "\nServer: " + server);
                break;
            default:
                Soap.fault(e, 500, "The endpoint reference (EPR) for the Operation not found is " + e.path);
        }
    }
}
