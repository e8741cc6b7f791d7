package labpack.passthru;

import java.io.File;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import labpack.conf.ServerConf;
import labpack.conf.Xml;
import labpack.core.spi.Part;
import labpack.core.spi.Services;
import labpack.core.spi.Tenants;
import labpack.http.Endpoint;
import labpack.http.Exchange;
import labpack.log.Log;
import labpack.synapse.Synapse;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.w3c.dom.Element;

/** The passthrough transports, 8280 and 8243 by axis2.xml; open before the cluster is joined (real-run 3). */
public final class Activator implements BundleActivator, Part {
    private static final String REACTOR =
            "org.apache.synapse.transport.passthru.core.PassThroughListeningIOReactorManager";

    private final List<Endpoint> open = new ArrayList<>();

    @Override
    public void start(BundleContext context) {
        context.registerService(Part.class, this, null);
    }

    @Override
    public void stop(BundleContext context) {
    }

    @Override
    public int rank() {
        return 30;
    }

    /** A node that cannot resolve its own name never opens these ports, and yet starts (real-run 8). */
    @Override
    public void start() throws Exception {
        ServerConf conf = ServerConf.get();
        try {
            InetAddress.getLocalHost();
        } catch (java.net.UnknownHostException unknown) {
            Log.error("org.apache.synapse.transport.passthru.PassThroughHttpListener",
                    "Couldn't get local host name", unknown);
            return;
        }
        File keystore = new File(conf.home, "repository/resources/security/wso2carbon.jks");
        listen(conf, "http", null);
        listen(conf, "https", keystore);
    }

    private void listen(ServerConf conf, String name, File keystore) throws Exception {
        Element receiver = conf.receiver(name);
        if (receiver == null || !receiver.getAttribute("class").contains("passthru")) {
            return;
        }
        String upper = name.toUpperCase();
        int port = conf.transportPort(name);
        String type = "org.apache.synapse.transport.passthru.PassThroughHttp" + (keystore == null ? "" : "SSL")
                + "Listener";
        Log.info(type, "Starting Pass-through " + upper + " Listener...");
        try {
            open.add(Endpoint.open(port, keystore, Activator::serve));
            Log.info(REACTOR, "Pass-through " + upper + " Listener started on 0.0.0.0:" + port);
        } catch (java.net.BindException taken) {
            Log.warn(REACTOR, "Pass-through " + upper + " Listener could not bind 0.0.0.0:" + port + ": " + taken);
        }
    }

    /** What no API and no service answers goes through the main sequence: 202, empty (real-run 6). */
    private static void serve(Exchange e) throws Exception {
        if (!Tenants.serve(e) && !Synapse.serve(e) && !Services.serve(e)) {
            e.empty(202);
        }
    }

    @Override
    public void stop() {
        for (Endpoint e : open) {
            e.close();
        }
    }
}
