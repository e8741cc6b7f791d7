package labpack.webapp;

import java.io.File;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import labpack.conf.ServerConf;
import labpack.core.spi.Part;
import labpack.core.spi.Scanner;
import labpack.http.Exchange;
import labpack.http.Web;
import labpack.log.Log;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Web applications of the application server: the plain files of a .war, served below its name. */
public final class Activator implements BundleActivator, Part {
    private static final String TYPE = "org.wso2.carbon.webapp.mgt.TomcatGenericWebappsDeployer";

    private Scanner scanner;

    @Override
    public void start(BundleContext context) {
        context.registerService(Part.class, this, null);
    }

    @Override
    public void stop(BundleContext context) {
    }

    @Override
    public int rank() {
        return 26;
    }

    @Override
    public void start() throws Exception {
        scanner = new Scanner(new File(ServerConf.get().deployment(), "webapps"), ".war", this::changed);
        scanner.begin();
    }

    private void changed(File file, Scanner.What what) {
        String context = "/" + file.getName().replaceAll("\\.war$", "");
        if (what == Scanner.What.GONE) {
            Web.unregister(context);
            Log.info(TYPE, "Undeployed webapp: " + context);
            return;
        }
        Web.register(context, e -> serve(e, file, context));
        Log.info(TYPE, "Deployed webapp: StandardEngine[Catalina].StandardHost[localhost].StandardContext[" + context
                + "].File[" + file.getPath() + "]");
    }

    private static void serve(Exchange e, File war, String context) throws Exception {
        String path = e.path.substring(context.length()).replaceFirst("^/", "");
        try (ZipFile zip = new ZipFile(war)) {
            ZipEntry entry = zip.getEntry(path.isEmpty() ? "index.html" : path);
            if (entry == null || entry.isDirectory() || path.startsWith("WEB-INF")) {
                e.answer(404, "text/html", "<html><body><h1>HTTP Status 404</h1></body></html>");
            } else {
                e.answer(200, "text/html", Exchange.readAll(zip.getInputStream(entry)));
            }
        }
    }

    @Override
    public void stop() {
        if (scanner != null) {
            scanner.end();
        }
    }
}
