package labpack.ui;

import labpack.conf.ServerConf;
import labpack.conf.Switches;
import labpack.core.spi.Part;
import labpack.http.Web;
import labpack.log.Log;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** The console: registered just after "started", together with its line in the log (real-run 2, 8). */
public final class Activator implements BundleActivator, Part {
    private BundleContext context;

    @Override
    public void start(BundleContext context) {
        this.context = context;
        context.registerService(Part.class, this, null);
    }

    @Override
    public void stop(BundleContext context) {
        Web.unregister("/carbon");
    }

    @Override
    public int rank() {
        return 60;
    }

    @Override
    public void start() {
    }

    @Override
    public void started() throws Exception {
        Thread.sleep(Switches.millis("console.delay", 160));
        ServerConf conf = ServerConf.get();
        Web.register("/carbon", new ConsoleServlet(context));
        String host = conf.mgtHostName != null ? conf.mgtHostName
                : conf.hostName != null ? conf.hostName : ServerConf.localAddress();
        int port = conf.https.proxyPort != 0 ? conf.https.proxyPort : conf.https.port;
        Log.info("org.wso2.carbon.ui.internal.CarbonUIServiceComponent",
                "Mgt Console URL  : https://" + host + ":" + port + "/carbon/");
    }

    @Override
    public void stop() {
        Web.unregister("/carbon");
    }
}
