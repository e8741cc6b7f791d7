package labpack.tomcat;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import labpack.conf.ServerConf;
import labpack.core.spi.Part;
import labpack.core.spi.Services;
import labpack.core.spi.Tenants;
import labpack.http.Endpoint;
import labpack.http.Web;
import labpack.log.Log;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Tomcat's part: the connectors of catalina-server.xml, opened last of all ports. */
public final class Activator implements BundleActivator, Part {
    private final List<Endpoint> open = new ArrayList<>();

    @Override
    public void start(BundleContext context) {
        Web.register("/services", e -> {
            if (!Tenants.serve(e) && !Services.serve(e)) {
                e.answer(404, "text/html", "<html><body>The service cannot be found for the endpoint reference (EPR) "
                        + e.path + "</body></html>");
            }
        });
        context.registerService(Part.class, this, null);
    }

    @Override
    public void stop(BundleContext context) {
    }

    @Override
    public int rank() {
        return 50;
    }

    @Override
    public void start() throws Exception {
        ServerConf conf = ServerConf.get();
        File keystore = new File(conf.home, "repository/resources/security/wso2carbon.jks");
        connect("http-nio-" + conf.http.port, conf.http.port, null);
        connect("http-nio-" + conf.https.port, conf.https.port, keystore);
    }

    /** A stranger on the port is an ERROR, and the server still says "started" (real-run 8). */
    private void connect(String name, int port, File keystore) throws Exception {
        try {
            open.add(Endpoint.open(port, keystore, Web::serve));
        } catch (java.net.BindException taken) {
            Log.error("org.apache.coyote.http11.Http11NioProtocol",
                    "Failed to start end point associated with ProtocolHandler [\"" + name + "\"]", taken);
        }
    }

    @Override
    public void stop() {
        for (Endpoint e : open) {
            e.close();
        }
    }
}
