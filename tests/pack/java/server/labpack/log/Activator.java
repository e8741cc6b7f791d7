package labpack.log;

import java.io.InputStream;
import java.net.URL;
import java.util.Properties;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Finds the log4j fragment among the logging bundle's own resources; without it the log stays silent (real-run 3). */
public final class Activator implements BundleActivator {
    @Override
    public void start(BundleContext context) throws Exception {
        URL found = context.getBundle().getResource("log4j.properties");
        if (found == null || Log.silenced()) {
            return;
        }
        Properties p = new Properties();
        try (InputStream in = found.openStream()) {
            p.load(in);
        }
        Log.open(p.getProperty("log4j.appender.CARBON_LOGFILE.File",
                "${carbon.home}/repository/logs/wso2carbon.log"));
    }

    @Override
    public void stop(BundleContext context) {
    }
}
